// A venue's screen: the streams of a session on a projector, a test card before it, and reports on how the room is doing.

import { beep } from "./beep.mjs";
import { places, pressed } from "./layout.mjs";
import { farewell, reportOf } from "./report.mjs";
import { clockTime, languageFor, wordsIn } from "./sentences.mjs";
import { fill, isFull, setText, toggleFull, watchIdleness } from "./stage.mjs";
import { showStatistics } from "./statistics.mjs";
import { Tile } from "./tile.mjs";
import { countdown, venueWords } from "./venuewords.mjs";

/** Milliseconds between two reports, between two looks at everything, and for which a message stays. */
const REPORT = 2000;
const LOOK = 200;
const MESSAGE = 2500;
/** Seconds that a report may take, and reports in a row that must fail before that is said. */
const PATIENCE = 5;
const FAILURES = 3;
/** Heights of the lines of text, in lines of a picture that has 1080. */
const SIZES = [64, 48, 36, 28, 22, 18, 14];

const root = document.documentElement;
const element = (id) => document.getElementById(id);
const language = languageFor(navigator.languages);
const words = venueWords(language);
const viewerWords = wordsIn(language);
const facts = JSON.parse(element("facts").textContent);
const session = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const tiles = [];
const view = { layout: "side", large: 0, sound: null, isMuted: false, hasCard: false, isStarted: false };
/** By how much the host's clock is ahead of this computer's, milliseconds. */
let ahead = 0;
let failures = 0;
let isRefused = false;
let number = 0;

function learn(told, receivedAt) {
  ahead = told.now - receivedAt;
  facts.starts = told.starts ?? null;
  for (const name of told.streams) {
    if (tiles.some((tile) => tile.name === name) || tiles.length >= 9) continue;
    const tile = new Tile(facts.relay, name, language, words);
    tiles.push(tile);
    element("streams").append(tile.element);
  }
}

// What is shown

const shown = () => {
  const wanted = tiles.filter((tile) => tile.isWanted);
  return wanted.length ? wanted : tiles.filter((tile) => !tile.isQuiet).slice(0, 1);
};

function audible(list) {
  const chosen = list.find((tile) => tile.name === view.sound);
  return chosen ?? list.find((tile) => tile.name === "main") ?? list[0];
}

let untilText = "";
function showCard(now) {
  element("clock").textContent = new Intl.DateTimeFormat(language === "ja" ? "ja-JP" : "en-GB", { timeStyle: "medium", hourCycle: "h23" }).format(now);
  const starts = facts.starts === null || facts.starts === undefined ? null : facts.starts * 1000;
  const left = starts === null ? null : countdown((starts - now) / 1000, words);
  const busy = tiles.find((tile) => tile.found && tile.found.key !== "notStarted");
  const late = busy?.sentence ?? (starts === null ? words.waiting : words.due({ time: clockTime(new Date(starts), now, language) }));
  // Who asks for the card in the middle of a session is told nothing of its beginning.
  const isOn = tiles.some((tile) => tile.isMoving);
  const text = left === null ? (isOn ? "" : late) : `${words.startsIn}\n${left}`;
  if (text === untilText) return;
  untilText = text;
  const bold = document.createElement("b");
  bold.textContent = left ?? "";
  element("until").replaceChildren(left === null ? text : words.startsIn, ...(left === null ? [] : [bold]));
}

function look() {
  const list = shown();
  const isPlaying = list.some((tile) => tile.isWanted);
  const hasCard = view.hasCard || list.length === 0;
  element("card").hidden = !hasCard;
  if (hasCard) showCard(new Date(Date.now() + ahead));
  const large = Math.min(view.large, Math.max(list.length - 1, 0));
  const at = places(view.layout, list.length, large, innerWidth / innerHeight);
  for (const tile of tiles) {
    const index = list.indexOf(tile);
    tile.stand(index < 0 ? null : at[index], index);
    const isMuted = !view.isStarted || view.isMuted || hasCard || tile !== audible(list);
    tile.player.isUnheard = tile !== audible(list);
    // A player whose sound the browser refuses mutes itself; it is asked again by a press.
    if (isMuted) tile.video.muted = true;
    else if (tile.isDue) [tile.video.muted, tile.isDue] = [false, false];
  }
  const notice = isRefused ? words.refused : failures >= FAILURES && !isPlaying ? words.unreported : "";
  setText(element("notice"), notice);
  element("notice").hidden = notice === "";
  const needsPress = tiles.some((tile) => tile.player.needsPress) || (view.isStarted && isPlaying && !view.isMuted && audible(list)?.video.muted && !audible(list)?.isDue && !hasCard);
  element("opening").hidden = view.isStarted && !needsPress;
  const label = view.isStarted ? words.sound : words.start;
  setText(element("start"), label);
  element("opening").querySelector("p").hidden = view.isStarted;
  root.dataset.tiles = String(list.length);
  root.dataset.layout = view.layout;
  root.dataset.state = isRefused ? "refused" : hasCard ? "card" : isPlaying && list.every((tile) => tile.isMoving) ? "playing" : (list.find((tile) => tile.found)?.found.key ?? "connecting");
  if (!element("figures").hidden && list.length) showStatistics(element("figures"), list[large].player.figures, list[large].video, viewerWords);
}

let messageTimer;
function say(text) {
  element("message").textContent = text;
  element("message").hidden = false;
  clearTimeout(messageTimer);
  messageTimer = setTimeout(() => (element("message").hidden = true), MESSAGE);
}

// What is pressed

let lock = null;
async function stayAwake() {
  try {
    lock ??= await navigator.wakeLock?.request("screen");
    lock?.addEventListener("release", () => (lock = null));
  } catch {
    // Over plain HTTP, or on a battery that is low: a picture that moves keeps most screens awake.
  }
}

/** The sound of what is heard from here on; browsers allow it in a press. */
function hear() {
  for (const tile of tiles) tile.isDue = true;
  const tile = audible(shown());
  if (tile && !view.isMuted) tile.video.muted = false;
}

function start() {
  if (!isFull()) fill(root);
  stayAwake();
  view.isStarted = true;
  root.dataset.started = "yes";
  hear();
  for (const tile of tiles) if (tile.player.needsPress) tile.player.resume();
  look();
  wake();
}

const actions = {
  f() {
    toggleFull(root);
  },
  m() {
    view.isMuted = !view.isMuted;
    hear();
    say(view.isMuted ? words.soundOff : words.soundOf(audible(shown())?.name ?? facts.relay));
  },
  a() {
    const list = shown();
    if (list.length < 2) return;
    view.sound = list[(list.indexOf(audible(list)) + 1) % list.length].name;
    hear();
    say(words.soundOf(view.sound));
  },
  t() {
    view.hasCard = !view.hasCard;
    hear();
  },
  s() {
    element("figures").hidden = !element("figures").hidden;
  },
};

function press(event) {
  wake();
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const list = shown();
  const change = pressed(event.key, view, list.length);
  const action = actions[event.key.toLowerCase()];
  if (change) {
    Object.assign(view, change);
    say(view.layout === "side" ? words.layouts.side : `${words.layouts[view.layout]}: ${list[view.large].name}`);
  } else if (action) {
    action();
  } else {
    return;
  }
  event.preventDefault();
  look();
}

const wake = watchIdleness(root);

// Reports

const account = () => ({
  session,
  relay: facts.relay,
  isStarted: view.isStarted,
  isHidden: document.visibilityState === "hidden",
  number: (number += 1),
  now: Date.now(),
});

const address = `/${facts.relay}/?venue=${encodeURIComponent(facts.venue)}`;
const headers = { "Content-Type": "application/cmcd" };

async function report() {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), PATIENCE * 1000);
  try {
    // Of streams that never came nobody needs to know.
    const told = tiles.filter((tile) => tile.isMoving || tile.found?.key !== "notStarted");
    const body = reportOf(told.map((tile) => tile.account), account());
    const response = await fetch(address, { method: "POST", body, headers, cache: "no-store", signal: controller.signal });
    if (response.ok) learn(await response.json(), Date.now());
    isRefused = [401, 403, 404].includes(response.status);
    failures = 0;
  } catch {
    failures += 1;
  } finally {
    clearTimeout(timer);
    setTimeout(report, REPORT);
  }
}

// The beginning

function draw() {
  root.lang = language;
  element("card").setAttribute("aria-label", words.card);
  element("opening").querySelector("p").textContent = words.startNote;
  element("keys").textContent = words.keys;
  element("left").textContent = `◀ ${words.left}`;
  element("right").textContent = `${words.right} ▶`;
  document.querySelector(".sides").append(words.both);
  document.querySelector(".checks").textContent = `${words.edges} ${words.judder}`;
  const lines = SIZES.map((size) => {
    const line = document.createElement("p");
    const figure = document.createElement("small");
    figure.textContent = `${size}/1080`;
    // Of a picture of sixteen by nine, whatever the window's form.
    line.style.fontSize = `calc(${size} / 1080 * min(100vh, 56.25vw))`;
    line.append(figure, size < 28 ? words.read : words.readLarge);
    return line;
  });
  document.querySelector(".lines").replaceChildren(...lines);
}

element("start").addEventListener("click", start);
element("left").addEventListener("click", () => beep(-1));
element("right").addEventListener("click", () => beep(1));
addEventListener("keydown", press);
addEventListener("pagehide", () => {
  fetch(address, { method: "POST", body: farewell(account()), headers, keepalive: true }).catch(() => {});
});
// A picture finds its place at once where the screen turns or is filled.
addEventListener("resize", look);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && view.isStarted && stayAwake());

draw();
learn(facts, Date.now());
look();
setInterval(look, LOOK);
report();
