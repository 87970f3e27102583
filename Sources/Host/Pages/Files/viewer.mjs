// The viewer page: what is pressed, what is read, what is shown.

import { playerFor } from "./players.mjs";
import { languageFor, sentenceFor, wordsIn } from "./sentences.mjs";
import { Sentence, setText, toggleFull, watchIdleness } from "./stage.mjs";
import { Still } from "./still.mjs";
import { showStatistics } from "./statistics.mjs";

/** Seconds behind the main venue that may be chosen. */
const LATENCIES = [0.8, 1.5, 3, 6];
const USUAL = 1.5;

const [relay, stream] = location.pathname.split("/").filter(Boolean);
const language = languageFor(navigator.languages);
const words = wordsIn(language);
const root = document.documentElement;
const element = (id) => document.getElementById(id);
const video = element("video");
const buttons = {};
for (const id of ["sound", "latency", "statistics", "full"]) buttons[id] = element(id);

const player = playerFor(video, {
  media: `/${relay}/${stream}.mp4`,
  health: `/health/${relay}/${stream}`,
  latency: remembered() ?? USUAL,
  still: new Still(video, element("still")),
});

function remembered() {
  try {
    const seconds = Number(localStorage.getItem("latency"));
    return LATENCIES.includes(seconds) ? seconds : null;
  } catch {
    return null;
  }
}

const actions = {
  sound() {
    video.muted = !video.muted;
    if (player.needsPress) player.resume();
  },
  pause() {
    if (player.isPaused || player.needsPress) player.resume();
    else player.pause();
  },
  latency() {
    player.latency = LATENCIES[(LATENCIES.indexOf(player.latency) + 1) % LATENCIES.length];
    try {
      localStorage.setItem("latency", player.latency);
    } catch {
      // A browser that keeps nothing forgets it with the page.
    }
    label();
  },
  statistics() {
    const figures = element("figures");
    figures.hidden = !figures.hidden;
    label();
  },
  full() {
    toggleFull(element("stage"), video);
  },
};

const KEYS = { f: "full", m: "sound", " ": "pause", l: "latency", s: "statistics" };

function label() {
  const sound = video.muted ? words.soundOn : words.soundOff;
  for (const [id, text] of Object.entries({
    sound,
    latency: `${words.latency} ${player.latency.toFixed(1)} s`,
    statistics: words.statistics,
    full: words.full_screen,
    play: words.play,
  })) {
    element(id).querySelector("span").textContent = text;
  }
  buttons.statistics.setAttribute("aria-pressed", String(!element("figures").hidden));
  root.dataset.sound = video.muted ? "off" : "on";
}

const sentence = new Sentence();

function show() {
  const found = player.isPaused ? null : player.diagnosis;
  const text = player.isPaused ? words.paused : found ? sentenceFor(found, language, new Date()) : "";
  const key = player.isPaused ? "paused" : (found?.key ?? (player.isMoving ? "playing" : "connecting"));
  if (sentence.isDue(key)) {
    setText(element("sentence"), text);
    element("notice").hidden = text === "";
    root.dataset.state = key;
  }
  element("play").hidden = !player.needsPress && !player.isPaused;
  const delay = player.delay;
  element("live").textContent = player.isMoving && delay !== null ? `${words.live} · ${Math.max(0, delay).toFixed(1)} s` : "";
  if (!element("figures").hidden) showStatistics(element("figures"), player.figures, video, words);
}

const wake = watchIdleness(root);

for (const [id, button] of Object.entries(buttons)) button.addEventListener("click", () => actions[id]());
element("play").addEventListener("click", () => player.resume());
addEventListener("keydown", (event) => {
  wake();
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const action = KEYS[event.key.toLowerCase()];
  // A button that has the focus takes the space bar itself.
  if (!action || event.repeat || (event.key === " " && event.target instanceof HTMLButtonElement)) return;
  event.preventDefault();
  actions[action]();
});
video.addEventListener("volumechange", label);
video.addEventListener("dblclick", actions.full);

root.lang = language;
video.setAttribute("aria-label", words.picture);
element("controls").setAttribute("aria-label", words.controls);
element("keys").textContent = words.keys;
video.muted = true;
label();
// Browsers that play by themselves hold their own latency.
buttons.latency.hidden = player.isNative ?? false;
player.onChange = show;
player.start();
