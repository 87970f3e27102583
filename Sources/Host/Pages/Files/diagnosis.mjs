// Which link is broken, from what the page sees itself and from what the relay says of the stream.

/** Without a byte for so long something is wrong. */
export const SILENCE = 2;
/** Less than so much of the stream arriving is too slow. */
const ENOUGH = 0.9;

/** What to say of the main venue's picture and sound, by the relay's fault. Where one of them stops, browsers may wait for it. */
const STOPPED = { video_stopped: "pictureStopped", audio_stopped: "soundStopped" };
const PICTURE = { black: "black", flat: "flat", frozen: "frozen" };
const SOUND = { silent: "silent" };
const RELAY = { relay_overloaded: "overloaded" };

/** Whether the relay has the stream, whatever is wrong with its picture or sound: that may make its health a 503. */
export const isOnAir = (health) => health?.served !== false && ["live", "degraded"].includes(health?.state);

/** Whether its media goes on, so that who gets none has a connection that hangs. */
export const isFlowing = (health) => isOnAir(health) && !fault(health, STOPPED);

/** The worst of some faults; the relay names the worst first. */
function fault(health, kinds) {
  const name = isOnAir(health) && health.faults?.find((name) => Object.hasOwn(kinds, name));
  return name ? { key: kinds[name] } : null;
}

/** What the relay said to a request that it refused. */
function refusal({ status, hasToken, codecs }) {
  switch (status) {
    case "codecs":
      return { key: "codecs", codecs };
    case "player":
      return { key: "noPlayer" };
    case 401:
      return { key: "noToken" };
    case 403:
      return { key: "wrongToken" };
    case 404:
      return { key: "unknown" };
    case 406:
      return { key: "noForm" };
    default:
      return null;
  }
}

/** What the stream's health says; null where nothing is wrong with the stream. */
function stream(health) {
  const since = health.since;
  if (health.served === false) return { key: "relayDown", since };
  switch (health.state) {
    case "live":
    case "degraded":
      return null;
    case "starting":
      return { key: "starting" };
    case "waiting":
      return health.loss ? { key: "ended", since } : { key: "notStarted" };
    default:
      return health.loss === "relay_ended" ? { key: "relayRestarted", since } : { key: "stopped", since };
  }
}

/**
 * What to say, or null while the picture moves as it should.
 * @param facts
 *   isMoving: whether the picture does; isUnheard: whether another stream is the one that is heard; isSlow: whether it has stood still lately for want of media, or is late;
 *   silence: seconds since the last byte; rate: bits a second arriving, or null; received: those that the relay has received lately, or null;
 *   refused: what the last request got, or null; isOnline: what the browser knows of its network;
 *   reach: "yes", "no" or "unknown", whether the relay has answered lately;
 *   health: its answer, with `bitrate`, `state`, `since`, `loss` and `served`, or null.
 */
export function diagnose(facts) {
  const { health, rate } = facts;
  const stopped = facts.reach === "yes" ? fault(health, STOPPED) : null;
  // What the main venue has not sent cannot arrive, and no line is to blame.
  const due = Math.min(health?.bitrate ?? 0, facts.received ?? Infinity);
  const isShort = !stopped && isOnAir(health) && rate !== null && rate < due * ENOUGH;
  // Where the relay does not get to sending, the room's line is not to blame.
  const overloaded = facts.reach === "yes" ? fault(health, RELAY) : null;
  const slow = isShort && (overloaded ?? { key: "slow", rate, bitrate: health.bitrate });
  if (facts.isMoving) {
    const lacking = facts.reach === "yes" ? fault(health, facts.isUnheard ? PICTURE : { ...PICTURE, ...SOUND }) : null;
    return stopped ?? ((facts.isSlow && slow) || lacking);
  }
  const refused = facts.refused && refusal(facts.refused);
  if (refused) return refused;
  if (!facts.isOnline) return { key: "offline" };
  if (facts.reach === "no") return { key: "unreachable" };
  if (facts.reach === "unknown" || !health) return { key: "connecting" };
  if (health.status === 404) return { key: "unknown" };
  const cause = stream(health);
  if (cause) return cause;
  if (facts.refused?.status === 503) return { key: "full" };
  if (stopped) return stopped;
  if (facts.silence < SILENCE && slow) return slow;
  return { key: "connecting" };
}
