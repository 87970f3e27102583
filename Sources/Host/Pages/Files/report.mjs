// What a venue's screen says of itself: a line of CMCD version 2 (CTA-5004-B) for each stream.

const whole = (value) => Math.max(0, Math.round(value));
const text = (value) => `"${value.replace(/["\\]/g, "\\$&")}"`;

/** How playing goes, by the letters of the standard. */
function stateOf({ isMoving, found }) {
  if (isMoving) return "p";
  switch (found?.key) {
    case undefined:
    case "connecting":
      return "s";
    case "slow":
    case "overloaded":
      return "r";
    case "codecs":
    case "noPlayer":
    case "noForm":
    case "wrongToken":
    case "noToken":
      return "f";
    default:
      return "w";
  }
}

/**
 * @param stream what a player knows, or null where there is no stream yet:
 *   { name, isMoving, found, figures, dropped, frames, width, height }, `found` being its diagnosis.
 * @param screen { session, relay, isStarted, isHidden, number, now }: times in milliseconds.
 */
export function lineOf(stream, screen) {
  const pairs = [["v", 2], ["e", "t"], ["ts", whole(screen.now)], ["sid", text(screen.session)], ["sn", screen.number]];
  if (screen.isHidden) pairs.push(["bg"]);
  pairs.push(["transponder-started", screen.isStarted ? "?1" : "?0"]);
  if (!stream) return written([...pairs, ["sta", "w"], ["transponder-why", "notStarted"]]);
  const { figures } = stream;
  pairs.push(["sta", stateOf(stream)], ["cid", text(`${screen.relay}/${stream.name}`)]);
  if (stream.isMoving && figures.delay !== null) pairs.push(["ltc", whole(figures.delay * 1000)]);
  if (stream.isMoving) pairs.push(["bl", whole(figures.buffer * 1000)]);
  if (figures.arriving !== null) pairs.push(["mtp", whole(figures.arriving / 1000)]);
  if (figures.sent > 0) pairs.push(["br", whole(figures.sent / 1000)]);
  pairs.push(["bsa", figures.late], ["dfa", whole(stream.dropped)], ["transponder-frames", whole(stream.frames)]);
  if (stream.width) pairs.push(["transponder-res", text(`${stream.width}x${stream.height}`)]);
  if (stream.found) pairs.push(["transponder-why", stream.found.key]);
  return written(pairs);
}

const written = (pairs) => pairs.map((pair) => pair.join("=")).join(",");

/** The whole message; of streams that are more than it holds the first. */
export function reportOf(streams, screen) {
  const lines = streams.length ? streams.slice(0, 9).map((stream) => lineOf(stream, screen)) : [lineOf(null, screen)];
  return lines.join("\n") + "\n";
}

/** The last message of a page that is being closed. */
export const farewell = (screen) => `v=2,e=t,ts=${whole(screen.now)},sid=${text(screen.session)},sta=q\n`;
