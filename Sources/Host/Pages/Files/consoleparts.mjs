// What the console says, from what the API tells.

import { consoleWords } from "./consolewords.mjs";

const ENGLISH = consoleWords("en");

/** A sentence in the reader's language, where the host says it in that. */
export const sentenceOf = ({ sentence, japanese }, language) => (language === "ja" && japanese) || sentence;

/** What is wrong with a stream that its own sentence does not say. */
export function furtherFindings(stream, language) {
  const told = sentenceOf(stream, language);
  return (stream.findings ?? []).map((finding) => sentenceOf(finding, language)).filter((sentence) => !told.includes(sentence));
}

/** Green, amber or red, and a word beside the colour, which not everybody sees. */
export function toneOfStream({ state }) {
  switch (state) {
    case "live":
      return "green";
    case "degraded":
    case "starting":
    case "slate":
      return "amber";
    case "waiting":
      return "none";
    default:
      return "red";
  }
}

export const toneOfVenue = ({ state }) => (["green", "amber", "red"].includes(state) ? state : "none");
export const wordOfVenue = ({ state }, words = ENGLISH) => (Object.hasOwn(words.venues, state) ? words.venues[state] : state);

export const toneOfEvent = ({ level }) => ({ good: "green", warning: "amber", bad: "red" })[level] ?? "none";

/** Of one that serves and does not stay, or does not report; hosts of earlier versions do not say. */
const RELAYS = { restless: "amber", silent: "red", starved: "red", overloaded: "red" };

export function toneOfRelay({ ready, state, health }) {
  if (ready) return Object.hasOwn(RELAYS, health?.state) ? RELAYS[health.state] : "green";
  return state === "stopped" || state === "backing_off" ? "red" : "amber";
}

const PUSHES = { sending: "green", starting: "amber", failing: "red" };
export const toneOfDestination = ({ state }) => (Object.hasOwn(PUSHES, state) ? PUSHES[state] : "none");

/** How much was sent, in a unit that keeps it short. */
export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let [value, unit] = [bytes > 0 ? bytes : 0, 0];
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${value.toFixed(unit && value < 10 ? 1 : 0)} ${units[unit]}`;
}

export function bits(rate) {
  if (!(rate > 0)) return "–";
  return rate < 1e6 ? `${Math.round(rate / 1000)} kbit/s` : `${(rate / 1e6).toFixed(1)} Mbit/s`;
}

export const seconds = (time) => (Number.isFinite(time) ? `${time.toFixed(1)} s` : "–");

/** How long ago, in words that change no more often than they must. */
export function ago(then, now, words = ENGLISH) {
  const age = Math.max(0, Math.round((now - Date.parse(then)) / 1000));
  if (!Number.isFinite(age)) return words.never;
  if (age < 3) return words.justNow;
  if (age < 60) return words.secondsAgo(age);
  if (age < 3600) return words.minutesAgo(Math.floor(age / 60));
  return words.hoursAgo(Math.floor(age / 3600));
}

/** Figures of a stream: [name, value]. */
export function figuresOfStream(stream, words = ENGLISH) {
  const figures = [[bits(stream.bitrate), ""]];
  if (stream.resolution) figures.push([stream.resolution.replace("x", "×"), ""]);
  if (stream.fps) figures.push([Math.round(stream.fps), words.pictures]);
  if (stream.keyframe_interval) figures.push([seconds(stream.keyframe_interval), words.keyframes]);
  figures.push([stream.viewers, words.viewers(stream.viewers)]);
  return figures;
}

/** Figures of a venue. */
export function figuresOfVenue(venue, now, words = ENGLISH) {
  const figures = [];
  if (Number.isFinite(venue.latency)) figures.push([seconds(venue.latency), words.behind]);
  if (venue.arriving > 0) figures.push([bits(venue.arriving), ""]);
  if (venue.resolution) figures.push([venue.resolution.replace("x", "×"), ""]);
  figures.push([ago(venue.reported_at, now, words), words.reported]);
  return figures;
}

/** Figures of a destination. */
export function figuresOfDestination({ bytes, failures }, words = ENGLISH) {
  const figures = [[size(bytes), words.sent]];
  if (failures > 0) figures.push([failures, words.failed(failures)]);
  return figures;
}

export const restartsOf = ({ restarts, last_ending: ending }, now, words = ENGLISH) =>
  restarts > 0 ? words.restarts(restarts, ago(ending?.at, now, words), ending?.sentence) : "";

/** What is typed into OBS. */
export const settingsOf = ({ server, stream_keys: keys }) => [`Server: ${server}`, ...keys.map((key) => `Stream Key: ${key}`)].join("\n");

/** Faults that a person may say are meant so. */
export const mayBeMeant = ({ source, faults }) => Boolean(source) && ["bitrate_fell", "frame_rate_fell", "track_missing"].some((fault) => faults.includes(fault));

/** Whether a publisher that was lost is waited for. */
export const mayBeGivenUp = ({ source, state, last_loss: loss }) => !source && Boolean(loss) && (state === "stale" || state === "slate");

/** Where the scale of levels begins, decibels of full scale. */
export const QUIETEST = -60;
const LOUD = -1;

export const channel = (index, count, words = ENGLISH) => (count === 2 ? words.sides[index] : count === 1 ? words.sound : words.channel(index + 1));

/** A level as places on a scale, in percent, with a colour and words. */
export function levelOf({ peak, rms }, name, words = ENGLISH) {
  const place = (level) => Math.min(100, Math.max(0, Math.round(((level - QUIETEST) / -QUIETEST) * 100)));
  const tone = peak >= LOUD ? "red" : peak <= QUIETEST ? "none" : "green";
  const said = peak <= QUIETEST ? words.nothingHeard(name) : words.level(name, Math.round(peak), Math.round(rms));
  return { peak: place(peak), rms: place(rms), tone, words: said };
}
