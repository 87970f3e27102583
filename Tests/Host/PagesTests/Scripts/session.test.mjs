import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./support.mjs";

const { addressesOf } = await load("addresses.mjs");
const { lineFor, sessionWords } = await load("sessionwords.mjs");

const page = { protocol: "http:", hostname: "10.0.0.2", origin: "http://10.0.0.2:8080" };
const facts = { relay: "live", venues: false, ports: { rtmp: 1935, rtsp: 8554, rtmps: 1936 } };

test("addresses are those of the listeners there are", () => {
  assert.deepEqual(addressesOf(facts, "main", page).map((row) => row.address), [
    "http://10.0.0.2:8080/live/main.m3u8",
    "http://10.0.0.2:8080/live/main.flv",
    "http://10.0.0.2:8080/live/main.ts",
    "rtmp://10.0.0.2/live/main",
    "rtsp://10.0.0.2:8554/live/main",
  ]);
  assert.equal(addressesOf({ ...facts, ports: {} }, "main", page).length, 3);
});

test("what came by TLS stays with TLS where it can", () => {
  const secure = { protocol: "https:", hostname: "relay.example", origin: "https://relay.example" };
  const addresses = addressesOf(facts, "main", secure).map((row) => row.address);
  assert.ok(addresses.includes("rtmps://relay.example:1936/live/main"));
  assert.ok(addresses.includes("rtsp://relay.example:8554/live/main"));
});

test("SRT names the stream, and the token, in its stream id", () => {
  const srt = (venues) => addressesOf({ ...facts, venues, ports: { srt: 8890 } }, "main", page).at(-1);
  assert.deepEqual(srt(false), { name: "srt", address: "srt://10.0.0.2:8890?streamid=read:live/main" });
  assert.deepEqual(srt(true), { name: "srt", address: "srt://10.0.0.2:8890?streamid=read:live/main:TOKEN" });
  for (const language of ["en", "ja"]) {
    const words = sessionWords(language);
    for (const { name } of addressesOf({ ...facts, ports: { ...facts.ports, srt: 8890 } }, "main", page)) assert.ok(words[name], name);
  }
});

test("a token is asked for and not told", () => {
  assert.ok(addressesOf({ ...facts, venues: true }, "main", page).every((row) => row.address.endsWith("?token=TOKEN")));
});

test("a line says how a stream is", () => {
  const now = new Date("2026-11-30T14:10:00.000");
  const live = { status: 200, served: true, state: "live", resolution: "1280x720", bitrate: 2.46e6 };
  assert.equal(lineFor(live, "en", now), "Live · 1280 × 720 · 2.5 Mbit/s");
  assert.equal(lineFor({ ...live, bitrate: 0, resolution: undefined }, "ja", now), "ライブ配信中");
  const black = { ...live, status: 503, state: "degraded", faults: ["black"] };
  assert.equal(lineFor(black, "en", now), "The main venue's picture is black.");
  assert.match(lineFor({ ...black, faults: ["audio_stopped"] }, "en", now), /^The main venue's sound has stopped\./);
  assert.equal(lineFor({ ...black, faults: ["clipping"] }, "en", now), "Live · 1280 × 720 · 2.5 Mbit/s");
  assert.match(lineFor({ served: true, state: "waiting" }, "en", now), /not started/);
  assert.match(lineFor(null, "en", now), /not reachable/);
});

test("both languages have all words", () => {
  assert.deepEqual(Object.keys(sessionWords("en")), Object.keys(sessionWords("ja")));
});
