// A line over the last ten minutes, as the path of an SVG.

export const SPAN = 600;
/** Seconds without a point that are a gap in the line. */
const GAP = 7;

/** The least round number that is not below a value: 1, 2 or 5 and zeros. */
export function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * (1 - 1e-9));
}

/**
 * @param points [{ at, value }] in order, `at` in seconds; @param now the right edge.
 * @returns { path, top }: coordinates from 0 to 600 and from 0 (the top) to 100.
 */
export function plotOf(points, now) {
  const seen = points.filter(({ at, value }) => at >= now - SPAN && at <= now + 2 && Number.isFinite(value));
  const top = roundUp(Math.max(0, ...seen.map((point) => point.value)));
  let path = "";
  let last = null;
  for (const { at, value } of seen) {
    const x = Math.min(SPAN, SPAN - (now - at));
    path += `${last === null || at - last > GAP ? "M" : "L"}${x.toFixed(1)} ${(100 - (value / top) * 100).toFixed(1)}`;
    last = at;
  }
  return { path, top };
}

/** Points that are kept: those of before, and one more where it is due. */
export function added(points, point) {
  if (points.length && point.at - points.at(-1).at < 1.5) return points;
  return [...points, point].filter(({ at }) => at >= point.at - SPAN);
}
