// The session page: what is on, and every way to watch it.

import { addressesOf } from "./addresses.mjs";
import { qrCode } from "./qr.mjs";
import { isOnAir } from "./diagnosis.mjs";
import { languageFor } from "./sentences.mjs";
import { lineFor, sessionWords } from "./sessionwords.mjs";

/** Milliseconds between two looks at the streams, and at which there are. */
const LOOK = 5000;

const language = languageFor(navigator.languages);
const words = sessionWords(language);
const factsIn = (page) => JSON.parse(page.getElementById("facts").textContent);

function made(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

function picture(text) {
  const modules = qrCode(text);
  if (!modules) return null;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const size = modules.length + 8;
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${words.code}: ${text}`);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const squares = modules.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + 4} ${y + 4}h1v1h-1z` : "")));
  path.setAttribute("d", squares.join(""));
  svg.append(path);
  return svg;
}

async function copy(field, button) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // Over plain HTTP browsers keep that from pages, and leave them this.
    document.execCommand("copy");
  }
  button.textContent = words.copied;
  setTimeout(() => (button.textContent = words.copy), 2000);
}

function addressRow({ name, address }, index, stream) {
  const id = `${stream}-${index}`;
  const field = made("input", { id, value: address, readOnly: true, spellcheck: false });
  const button = made("button", { type: "button", textContent: words.copy });
  button.setAttribute("aria-label", `${words.copy}: ${words[name]}`);
  button.addEventListener("click", () => copy(field, button));
  field.addEventListener("focus", () => field.select());
  return made("div", { className: "address" }, made("label", { htmlFor: id, textContent: words[name] }), field, button);
}

function card(facts, stream) {
  const page = `${location.origin}/${facts.relay}/${stream}`;
  const rows = addressesOf(facts, stream, location).map((row, index) => addressRow(row, index, stream));
  const code = picture(page);
  const details = made("details", {}, made("summary", { textContent: words.others }), ...rows);
  if (facts.venues) details.append(made("p", { className: "note", textContent: words.token }));
  const article = made(
    "article",
    { id: `stream-${stream}` },
    made("h2", { textContent: stream }),
    made("p", { className: "state", textContent: "…" }),
    made("p", {}, made("a", { className: "watch", href: `/${facts.relay}/${stream}`, textContent: words.watch })),
    details,
  );
  if (code) article.append(made("div", { className: "qr" }, code, words.code));
  return article;
}

async function look(facts, stream) {
  const article = document.getElementById(`stream-${stream}`);
  let health = null;
  try {
    const response = await fetch(`/health/${facts.relay}/${stream}`, { cache: "no-store" });
    health = await response.json();
  } catch {
    // Not reachable, and said so.
  }
  article.dataset.on = isOnAir(health) ? "yes" : "no";
  const line = lineFor(health, language, new Date());
  const state = article.querySelector(".state");
  if (state.textContent !== line) state.textContent = line;
}

let shown = "";
function show(facts) {
  const text = JSON.stringify(facts);
  if (text === shown) return;
  shown = text;
  document.getElementById("streams").replaceChildren(...facts.streams.map((stream) => card(facts, stream)));
  document.getElementById("summary").textContent = facts.streams.length ? words.choose : words.nothing;
}

let facts = factsIn(document);
async function renew() {
  try {
    const response = await fetch(location.pathname, { cache: "no-store" });
    if (response.ok) facts = factsIn(new DOMParser().parseFromString(await response.text(), "text/html"));
  } catch {
    // What was known stays.
  }
}

document.documentElement.lang = language;
show(facts);
const lookAtAll = () => facts.streams.forEach((stream) => look(facts, stream));
lookAtAll();
setInterval(async () => {
  await renew();
  show(facts);
  lookAtAll();
}, LOOK);
