import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./support.mjs";

const { diagnose } = await load("diagnosis.mjs");
const { clockTime, languageFor, sentenceFor, wordsIn } = await load("sentences.mjs");

const since = "2026-11-30T14:03:20.000";
const now = new Date("2026-11-30T14:10:00.000");
const live = { status: 200, served: true, state: "live", since, bitrate: 2.4e6 };
const still = { isMoving: false, isSlow: false, silence: 30, rate: 0, refused: null, isOnline: true, reach: "yes", health: live };

const said = (facts) => {
  const found = diagnose({ ...still, ...facts });
  return found && sentenceFor(found, "en", now);
};

test("a picture that moves needs no words", () => {
  assert.equal(said({ isMoving: true, silence: 0, rate: 2.4e6 }), null);
  // A line that is too slow is no matter until the picture stands still for it.
  assert.equal(said({ isMoving: true, silence: 0, rate: 1.1e6 }), null);
});

test("the link that is broken is named, and no other", () => {
  const lost = { ...live, status: 503, state: "stale" };
  assert.equal(said({ health: { ...lost, loss: "disconnected" } }), "The main venue has stopped sending. Waiting since 14:03.");
  assert.equal(said({ health: { ...lost, loss: undefined } }), "The main venue has stopped sending. Waiting since 14:03.");
  assert.match(said({ health: { ...lost, state: "waiting", loss: "ended" } }), /^The main venue ended the stream at 14:03\./);
  assert.match(said({ health: { ...lost, state: "waiting" } }), /^The session has not started yet\./);
  assert.match(said({ health: { ...lost, state: "starting" } }), /^The main venue is beginning to send\./);
  assert.match(said({ health: { ...lost, served: false } }), /^The relay is being restarted\..* since 14:03\.$/);
  assert.match(said({ health: { ...lost, loss: "relay_ended" } }), /^The relay has restarted and waits for the main venue/);
  assert.equal(said({ reach: "no" }), "The relay is not reachable from here. Check this room's network. Trying again…");
  assert.match(said({ isOnline: false, reach: "no" }), /^This computer has no network\./);
  assert.equal(
    said({ silence: 0.1, rate: 1.1e6 }),
    "This room's connection is too slow: 1.1 of 2.4 Mbit/s arriving.",
  );
  assert.equal(said({ isMoving: true, isSlow: true, silence: 0.1, rate: 1.1e6 }), "This room's connection is too slow: 1.1 of 2.4 Mbit/s arriving.");
});

test("a line that brings nothing at all is not called slow", () => {
  assert.equal(said({ silence: 30, rate: 0 }), "Connecting…");
  assert.equal(said({ reach: "unknown", health: null }), "Connecting…");
});

test("a refusal is told as what it is", () => {
  assert.match(said({ refused: { status: 401 } }), /invited rooms/);
  assert.match(said({ refused: { status: 403 } }), /not valid/);
  assert.match(said({ refused: { status: 404 } }), /no stream at this address/);
  assert.match(said({ health: { status: 404 } }), /no stream at this address/);
  assert.match(said({ refused: { status: 406 } }), /H\.264 and AAC/);
  assert.match(said({ refused: { status: 503 } }), /no room for another viewer/);
  assert.match(said({ refused: { status: "codecs", codecs: "hvc1.1.6.L93.90" } }), /\(hvc1\.1\.6\.L93\.90\)/);
  assert.match(said({ refused: { status: "player" } }), /too old/);
  // The stream is not live: its own words say more than a relay that has no room for it.
  assert.match(said({ refused: { status: 503 }, health: { ...live, status: 503, state: "waiting" } }), /has not started/);
});

test("a browser's first language that we have is spoken", () => {
  assert.equal(languageFor(["ja-JP", "en"]), "ja");
  assert.equal(languageFor(["fr", "ja", "en"]), "ja");
  assert.equal(languageFor(["fr"]), "en");
  assert.equal(languageFor(undefined), "en");
});

test("both languages say everything", () => {
  const found = { since, rate: 1.1e6, bitrate: 2.4e6, codecs: "av01" };
  assert.deepEqual(Object.keys(wordsIn("en")), Object.keys(wordsIn("ja")));
  for (const key of Object.keys(wordsIn("en"))) {
    if (typeof wordsIn("en")[key] === "string") continue;
    const sentence = sentenceFor({ ...found, key }, "ja", now);
    assert.ok(!sentence.includes("undefined") && /[ぁ-ん]/.test(sentence), sentence);
  }
  assert.equal(
    sentenceFor({ key: "stopped", since }, "ja", now),
    "メイン会場からの送信が止まっています。14:03から待機中です。",
  );
});

test("a time of another day says which", () => {
  assert.equal(clockTime(new Date("2026-11-29T09:05:00"), now, "en"), "29 Nov, 09:05");
  assert.match(clockTime(new Date("2026-11-29T09:05:00"), now, "ja"), /^11月29日/);
});
