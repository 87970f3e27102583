// Where the streams stand on a venue's screen. Shares of the screen, from its upper left corner.

export const LAYOUTS = ["side", "corner", "one"];

/** Of the picture in the corner. */
const SMALL = 0.28;
const EDGE = 0.02;

const place = (left, top, width, height) => ({ left, top, width, height });

/** Rows and columns that leave the least room empty, for pictures that are as wide as the screen is. */
function grid(count) {
  const columns = Math.ceil(Math.sqrt(count));
  return { columns, rows: Math.ceil(count / columns) };
}

function side(count, aspect) {
  let { columns, rows } = grid(count);
  // On an upright screen pictures stand one above the other.
  if (aspect < 1) [columns, rows] = [rows, columns];
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? count - row * columns : columns;
    const shift = ((columns - inRow) / columns) * 0.5;
    return place(shift + (index % columns) / columns, row / rows, 1 / columns, 1 / rows);
  });
}

function corner(count, large) {
  const others = count - 1;
  const small = Math.min(SMALL, (1 - EDGE) / Math.max(others, 1) - EDGE);
  let below = 0;
  return Array.from({ length: count }, (_, index) => {
    if (index === large) return place(0, 0, 1, 1);
    below += 1;
    return place(1 - small - EDGE, 1 - below * (small + EDGE), small, small);
  });
}

/**
 * The place of each of `count` streams, or null where it is not shown.
 * @param large the stream that has been chosen; @param aspect width of the screen by its height.
 */
export function places(layout, count, large, aspect) {
  if (count === 1) return [place(0, 0, 1, 1)];
  if (layout === "one") return Array.from({ length: count }, (_, index) => (index === large ? place(0, 0, 1, 1) : null));
  return layout === "corner" ? corner(count, large) : side(count, aspect);
}

/** What a key changes of { layout, large }, where there are so many streams; null where it changes nothing. */
export function pressed(key, { layout, large }, count) {
  const next = (step) => (large + step + count) % count;
  const turned = (step) => LAYOUTS[(LAYOUTS.indexOf(layout) + step + LAYOUTS.length) % LAYOUTS.length];
  if (count < 2) return null;
  // Whoever chooses one wants to see it larger than the others.
  const chosen = (index) => ({ layout: layout === "side" ? "corner" : layout, large: index });
  if (/^[1-9]$/.test(key)) return Number(key) <= count ? chosen(Number(key) - 1) : null;
  switch (key) {
    case "ArrowRight":
      return chosen(next(1));
    case "ArrowLeft":
      return chosen(next(-1));
    case "0":
    case "ArrowDown":
      return { layout: turned(1), large };
    case "ArrowUp":
      return { layout: turned(-1), large };
    default:
      return null;
  }
}
