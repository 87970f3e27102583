// The operator's console: how everything is, as it happens, and what can be done about it.

import * as say from "./consoleparts.mjs";
import { consoleWords, wordOf } from "./consolewords.mjs";
import { SPAN, added, plotOf } from "./plot.mjs";
import { qrCode } from "./qr.mjs";
import { languageFor } from "./sentences.mjs";

const SVG = "http://www.w3.org/2000/svg";
/** Events and viewers in view, milliseconds that a word of thanks stays, more for each letter, and that a button waits to be pressed again. */
const EVENTS = 60;
const VIEWERS = 200;
const SAID = 3500;
const LETTER = 50;
const SURE = 4000;
/** Milliseconds between two stills. */
const STILL = 1000;

const element = (id) => document.getElementById(id);
const root = document.documentElement;
const language = languageFor(navigator.languages);
const words = consoleWords(language);
const points = new Map();
/** By how much the host's clock is ahead, milliseconds. */
let ahead = 0;
const now = () => Date.now() + ahead;

function made(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function setText(target, text) {
  if (target.textContent !== String(text)) target.textContent = text;
}

/** What the host says of something. */
function setSentence(target, told) {
  setText(target, say.sentenceOf(told, language));
  target.lang = told.japanese ? language : "en";
}

function setTone(target, tone) {
  if (target.dataset.tone !== tone) target.dataset.tone = tone;
}

/** The children of a list by key: those that are there stay, so that nothing that has the focus is lost. */
function keyed(parent, items, keyOf, make, update) {
  const wanted = new Set(items.map(keyOf));
  for (const child of [...parent.children]) if (!wanted.has(child.dataset.key)) child.remove();
  items.forEach((item, index) => {
    const key = keyOf(item);
    let child = [...parent.children].find((candidate) => candidate.dataset.key === key);
    if (!child) {
      child = make(item);
      child.dataset.key = key;
    }
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
    update(child, item);
  });
}

let saidTimer;
function announce(text) {
  setText(element("said"), text);
  element("said").hidden = false;
  clearTimeout(saidTimer);
  saidTimer = setTimeout(() => (element("said").hidden = true), Math.max(SAID, text.length * LETTER));
}

// What can be done

async function ask(path, method = "GET") {
  const response = await fetch(`/api/v1/${path}`, { method, cache: "no-store" });
  const body = await response.text();
  const answer = body ? JSON.parse(body) : {};
  if (!response.ok) throw new Error(answer.detail ?? words.refused(response.status));
  return answer;
}

async function perform(path, method, done) {
  try {
    const answer = await ask(path, method);
    // What the host says of it is English.
    announce(language === "ja" ? done : (answer.sentence ?? done));
  } catch (error) {
    announce(error.message);
  }
}

async function copy(text, done) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Over plain HTTP browsers keep that from pages, and leave them this.
    const field = made("textarea", { value: text });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  announce(done);
}

function button(text, action) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
  made.addEventListener("click", action);
  return made;
}

/** What interrupts people is pressed twice. */
function sureButton(text, question, action) {
  let timer;
  const made = button(text, () => {
    clearTimeout(timer);
    const isSure = made.classList.toggle("sure");
    made.textContent = isSure ? question : text;
    if (!isSure) return action();
    timer = setTimeout(() => {
      made.classList.remove("sure");
      made.textContent = text;
    }, SURE);
  });
  return made;
}

function picture(text) {
  const modules = qrCode(text);
  if (!modules) return null;
  const svg = document.createElementNS(SVG, "svg");
  const size = modules.length + 8;
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", words.code);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", modules.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + 4} ${y + 4}h1v1h-1z` : ""))).join(""));
  svg.append(path);
  return svg;
}

async function showLink(relay, venue) {
  try {
    const links = await ask(`relays/${relay}/links`);
    const link = links.venues.find((entry) => entry.venue === venue);
    if (!link) throw new Error(words.noLink);
    setText(element("code-title"), words.screenOf(venue));
    element("picture").replaceChildren(picture(link.url) ?? words.tooLong);
    element("address").value = link.url;
    element("code").showModal();
  } catch (error) {
    announce(error.message);
  }
}

/** Viewers that stay connected: players of HLS come and go. */
async function showViewers(relay) {
  try {
    const { viewers } = await ask(`relays/${relay}/viewers`);
    setText(element("viewers-title"), viewers.length ? words.viewersOf(relay) : words.nobody(relay));
    element("viewer-list").replaceChildren(
      ...viewers.slice(0, VIEWERS).map((viewer) => {
        const facts = [viewer.venue, viewer.stream, viewer.protocol, viewer.address, words.since(say.ago(viewer.since, now(), words))];
        const item = made("li", {}, made("span", { textContent: facts.filter(Boolean).join(" · ") }));
        item.append(
          sureButton(words.kick, words.sure, async () => {
            await perform(`relays/${relay}/viewers/${viewer.number}`, "DELETE", words.kicked);
            item.remove();
          }),
        );
        return item;
      }),
    );
    if (!element("viewers").open) element("viewers").showModal();
  } catch (error) {
    announce(error.message);
  }
}

async function copySettings(relay) {
  try {
    const { encoder } = await ask(`relays/${relay}/links`);
    if (!encoder) throw new Error(words.noServer);
    await copy(say.settingsOf(encoder), words.settingsCopied);
  } catch (error) {
    announce(error.message);
  }
}

async function renewKey(relay) {
  try {
    const made = await ask(`relays/${relay}/key`, "POST");
    setText(element("new-key-title"), words.newKeyOf(relay));
    setText(element("new-key-sentence"), made.sentence);
    element("settings").value = made.encoder ? say.settingsOf(made.encoder) : made.publish_key;
    element("new-key").showModal();
  } catch (error) {
    announce(error.message);
  }
}

// Plots

function plot(label) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "plot");
  svg.setAttribute("viewBox", `0 -2 ${SPAN} 104`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  for (const y of [0, 100]) {
    const line = document.createElementNS(SVG, "line");
    for (const [name, value] of Object.entries({ x1: 0, x2: SPAN, y1: y, y2: y })) line.setAttribute(name, value);
    svg.append(line);
  }
  svg.append(document.createElementNS(SVG, "path"));
  return made("div", {}, svg, made("p", { className: "scale" }, made("span"), made("span", { textContent: words.lastMinutes })));
}

function drawPlot(holder, key, value, unit) {
  const at = now() / 1000;
  if (Number.isFinite(value)) points.set(key, added(points.get(key) ?? [], { at, value }));
  const known = points.get(key) ?? [];
  holder.hidden = known.length === 0;
  const { path, top } = plotOf(known, at);
  holder.querySelector("path").setAttribute("d", path);
  setText(holder.querySelector(".scale span"), `0 – ${unit(top)}`);
}

async function recall(relay) {
  try {
    const history = await ask(`relays/${relay}/history`);
    const at = now() / 1000;
    for (const [kind, lines] of [["stream", history.streams], ["venue", history.venues]]) {
      for (const { name, points: known } of lines) {
        points.set(`${kind} ${relay}/${name}`, known.map(({ age, value }) => ({ at: at - age, value })));
      }
    }
  } catch {
    // The line then begins now.
  }
}

// Relays, streams and venues

function figures(holder, list) {
  const text = JSON.stringify(list);
  if (holder.dataset.text === text) return;
  holder.dataset.text = text;
  holder.replaceChildren(...list.map(([value, unit]) => made("span", {}, made("b", { textContent: value }), unit ? ` ${unit}` : "")));
}

function makeStream(relay, stream) {
  const path = `relays/${relay.name}/streams/${stream.stream}`;
  return made(
    "article",
    { className: "stream" },
    made("div", { className: "head" }, made("h3", { textContent: stream.stream }), made("span", { className: "mark" })),
    made("p", { className: "sentence" }),
    made("ul", { className: "further" }),
    made(
      "div",
      { className: "seen", hidden: true },
      made("img", { className: "still", alt: words.keyframeOf(stream.stream), hidden: true }),
      made("div", { className: "levels", hidden: true }),
    ),
    made("p", { className: "figures" }),
    made("p", { className: "note source" }),
    plot(words.bitrateOf(stream.stream)),
    made(
      "div",
      { className: "buttons" },
      Object.assign(button(words.meant, () => perform(`${path}/accept`, "POST", words.accepted)), { className: "accept", hidden: true }),
      Object.assign(
        sureButton(words.drop, words.dropSure, () => perform(`${path}/publisher`, "DELETE", words.dropped(stream.stream))),
        { className: "drop" },
      ),
      Object.assign(
        sureButton(words.giveUp, words.giveUpSure, () => perform(`${path}/publisher`, "DELETE", words.givenUp(stream.stream))),
        { className: "give-up", hidden: true },
      ),
    ),
  );
}

/** The next still is asked for once the last is there, and only while somebody sees the page. */
function updateStill(card, relay, stream) {
  const image = card.querySelector(".still");
  if (!stream.source || !stream.resolution) image.hidden = true;
  const isDue = Date.now() - Number(image.dataset.asked ?? 0) >= STILL - 100;
  if (!stream.source || !stream.resolution || document.hidden || image.dataset.asking || !isDue) return;
  image.dataset.asked = Date.now();
  image.dataset.asking = "yes";
  const next = new Image();
  const done = (isThere) => {
    delete image.dataset.asking;
    image.hidden = !isThere;
    if (isThere) image.src = next.src;
  };
  next.addEventListener("load", () => done(true));
  next.addEventListener("error", () => done(false));
  next.src = `/api/v1/relays/${relay.name}/streams/${stream.stream}/still?at=${Date.now()}`;
}

function updateLevels(box, stream) {
  const levels = stream.source ? (stream.levels ?? []) : [];
  box.hidden = levels.length === 0;
  while (box.children.length > levels.length) box.lastChild.remove();
  while (box.children.length < levels.length) {
    const meter = made("div", { className: "level" }, made("i", { className: "rms" }), made("i", { className: "peak" }));
    meter.setAttribute("role", "meter");
    meter.setAttribute("aria-valuemin", String(say.QUIETEST));
    meter.setAttribute("aria-valuemax", "0");
    box.append(meter);
  }
  levels.forEach((level, index) => {
    const meter = box.children[index];
    const { rms, peak, tone, words: said } = say.levelOf(level, say.channel(index, levels.length, words), words);
    meter.children[0].style.width = `${rms}%`;
    meter.children[1].style.left = `${peak}%`;
    setTone(meter, tone);
    meter.title = said;
    meter.setAttribute("aria-label", said);
    meter.setAttribute("aria-valuenow", String(Math.round(Math.max(level.peak, say.QUIETEST))));
  });
}

function updateStream(card, relay, stream) {
  setTone(card, say.toneOfStream(stream));
  setText(card.querySelector(".mark"), wordOf(stream.state, words));
  setSentence(card.querySelector(".sentence"), stream);
  const further = say.furtherFindings(stream, language);
  keyed(card.querySelector(".further"), further, (text) => text, (text) => made("li", { textContent: text, lang: language }), () => {});
  figures(card.querySelector(".figures"), say.figuresOfStream(stream, words));
  const source = stream.source ? `${words.from(stream.source.protocol, stream.source.address)}${stream.source.encoder ? `, ${stream.source.encoder}` : ""}` : "";
  setText(card.querySelector(".source"), source);
  card.querySelector(".drop").hidden = !stream.source;
  card.querySelector(".give-up").hidden = !say.mayBeGivenUp(stream);
  card.querySelector(".buttons").hidden = !stream.source && !say.mayBeGivenUp(stream);
  card.querySelector(".accept").hidden = !say.mayBeMeant(stream);
  updateStill(card, relay, stream);
  updateLevels(card.querySelector(".levels"), stream);
  card.querySelector(".seen").hidden = !card.querySelector(".seen > :not([hidden])");
  drawPlot(card.querySelector(".plot").parentElement, `stream ${relay.name}/${stream.stream}`, stream.bitrate, say.bits);
}

function makeVenue(relay, venue) {
  return made(
    "article",
    { className: "venue" },
    made("div", { className: "head" }, made("h3", { textContent: venue.venue }), made("span", { className: "mark" })),
    made("p", { className: "sentence" }),
    made("p", { className: "figures" }),
    plot(words.latencyOf(venue.venue)),
    made("div", { className: "buttons" }, button(words.link, () => showLink(relay.name, venue.venue))),
  );
}

function updateVenue(card, relay, venue) {
  setTone(card, say.toneOfVenue(venue));
  setText(card.querySelector(".mark"), say.wordOfVenue(venue, words));
  setSentence(card.querySelector(".sentence"), venue);
  figures(card.querySelector(".figures"), say.figuresOfVenue(venue, now(), words));
  drawPlot(card.querySelector(".plot").parentElement, `venue ${relay.name}/${venue.venue}`, venue.latency, say.seconds);
}

const nameOfDestination = ({ stream, destination }) => `${stream} → ${destination}`;

function makeDestination(destination) {
  return made(
    "article",
    { className: "destination" },
    made("div", { className: "head" }, made("h3", { textContent: nameOfDestination(destination) }), made("span", { className: "mark" })),
    made("p", { className: "sentence" }),
    made("p", { className: "figures" }),
  );
}

function updateDestination(card, destination) {
  setTone(card, say.toneOfDestination(destination));
  setText(card.querySelector(".mark"), wordOf(destination.state, words));
  setSentence(card.querySelector(".sentence"), destination);
  figures(card.querySelector(".figures"), say.figuresOfDestination(destination, words));
}

function makeRelay(relay) {
  recall(relay.name);
  return made(
    "section",
    { className: "relay" },
    made(
      "div",
      { className: "title" },
      made("h2", { textContent: relay.name }),
      made("span", { className: "mark" }),
      made(
        "div",
        { className: "buttons" },
        button(words.watching, () => showViewers(relay.name)),
        button(words.report, () => window.open(`/report/${relay.name}`, "_blank", "noopener")),
        button(words.copySettings, () => copySettings(relay.name)),
        sureButton(words.newKey, words.newKeySure, () => renewKey(relay.name)),
        sureButton(words.replace, words.replaceSure, () => perform(`relays/${relay.name}/replace`, "POST", words.replacing)),
      ),
    ),
    made("p", { className: "sentence state" }),
    made("p", { className: "note restarts" }),
    made("div", { className: "streams" }),
    made("div", { className: "venues" }),
    made("div", { className: "destinations" }),
  );
}

function updateRelay(section, relay) {
  setTone(section.querySelector(".title"), say.toneOfRelay(relay));
  setText(section.querySelector(".title .mark"), wordOf(relay.state, words));
  setText(section.querySelector(".state"), [say.sentenceOf(relay.health ?? relay, language), ...relay.problems, ...relay.deferred].join(" "));
  setText(section.querySelector(".restarts"), say.restartsOf(relay, now(), words));
  section.querySelector(".restarts").hidden = relay.restarts === 0;
  keyed(section.querySelector(".streams"), relay.streams, (stream) => stream.stream, (stream) => makeStream(relay, stream), (card, stream) => updateStream(card, relay, stream));
  keyed(section.querySelector(".venues"), relay.venues ?? [], (venue) => venue.venue, (venue) => makeVenue(relay, venue), (card, venue) => updateVenue(card, relay, venue));
  keyed(section.querySelector(".destinations"), relay.destinations ?? [], nameOfDestination, makeDestination, updateDestination);
}

function show(host) {
  ahead = Date.parse(host.now) - Date.now();
  root.dataset.link = "live";
  const faults = (host.process?.faults ?? []).filter(({ sentence }) => !host.sentence.startsWith(sentence));
  const warnings = faults.map((fault) => say.sentenceOf(fault, language));
  // Whether connections are taken the host says in English; of each relay it is said below.
  const told = language === "ja" && host.process ? host.process.japanese : host.sentence;
  setText(element("host"), [told, ...warnings.filter((warning) => warning !== told)].filter(Boolean).join(" "));
  setText(element("clock"), new Date(now()).toLocaleTimeString("en-GB"));
  keyed(element("relays"), host.relays, (relay) => relay.name, makeRelay, updateRelay);
}

function note(event) {
  const time = made("time", { dateTime: event.at, textContent: new Date(event.at).toLocaleTimeString("en-GB") });
  // Many a sentence begins with what it is about.
  const { subject, sentence } = event;
  const rest = sentence.startsWith(`${subject} `) ? sentence.slice(subject.length + 1) : sentence;
  const item = made("li", {}, time, made("b", { textContent: subject }), subject ? " " : "", subject ? rest : sentence);
  item.dataset.tone = say.toneOfEvent(event);
  element("events").prepend(item);
  while (element("events").children.length > EVENTS) element("events").lastChild.remove();
  element("quiet").hidden = true;
}

// The beginning

root.lang = language;
const fixed = {
  host: words.connecting, "happened-title": words.happened, quiet: words.quiet, "copy-address": words.copy, "copy-settings": words.copy,
  close: words.close, "close-new-key": words.close, "close-viewers": words.close,
};
for (const [id, text] of Object.entries(fixed)) setText(element(id), text);
element("events").lang = "en";
element("address").setAttribute("aria-label", words.address);
element("settings").setAttribute("aria-label", words.settings);

const feed = new EventSource("/api/v1/events");
feed.addEventListener("host", (event) => show(JSON.parse(event.data)));
feed.addEventListener("happened", (event) => note(JSON.parse(event.data)));
feed.addEventListener("error", () => {
  root.dataset.link = "lost";
  const isOver = feed.readyState === EventSource.CLOSED;
  setText(element("host"), isOver ? words.loggedOut : words.unanswered);
});
element("close").addEventListener("click", () => element("code").close());
element("close-viewers").addEventListener("click", () => element("viewers").close());
element("copy-settings").addEventListener("click", () => copy(element("settings").value, words.settingsCopied));
// What was shown once does not stay in the page.
element("new-key").addEventListener("close", () => (element("settings").value = ""));
element("close-new-key").addEventListener("click", () => element("new-key").close());
element("copy-address").addEventListener("click", () => copy(element("address").value, words.linkCopied));
