import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./support.mjs";

const { diagnose, isFlowing, isOnAir } = await load("diagnosis.mjs");
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

const faulty = (...faults) => ({ ...live, status: 503, state: "degraded", faults });

test("what the main venue's picture and sound lack is told, also where the picture moves", () => {
  const moving = { isMoving: true, silence: 0, rate: 2.4e6 };
  const sentences = {
    video_stopped: "The main venue's picture has stopped. It will come back here by itself.",
    audio_stopped: "The main venue's sound has stopped. It will come back here by itself.",
    black: "The main venue's picture is black.",
    flat: "The main venue's picture is all one colour.",
    frozen: "The main venue's picture is not moving.",
    silent: "There is no sound from the main venue.",
  };
  for (const [fault, sentence] of Object.entries(sentences)) {
    assert.equal(said({ ...moving, health: faulty("keyframes_rare", fault, "clipping") }), sentence);
    // By a rule of the operator's the stream may be well all the same.
    assert.equal(said({ ...moving, health: { ...faulty(fault), status: 200 } }), sentence);
    // What was told before is not told of now.
    assert.equal(said({ ...moving, reach: "no", health: faulty(fault) }), null);
    assert.equal(said({ ...moving, health: { ...faulty(fault), served: false } }), null);
  }
  // The relay names the worst first, and what rooms can neither see nor hear is not for them.
  assert.equal(said({ ...moving, health: faulty("black", "silent") }), sentences.black);
  assert.equal(said({ ...moving, health: faulty("keyframes_rare", "toString") }), null);
  // On a screen with several streams one is heard.
  assert.equal(said({ ...moving, isUnheard: true, health: faulty("silent") }), null);
  assert.equal(said({ ...moving, isUnheard: true, health: faulty("silent", "frozen") }), sentences.frozen);
});

test("a picture that does not move is put down to what stops it, and to nothing else", () => {
  assert.match(said({ health: faulty("video_stopped") }), /^The main venue's picture has stopped\./);
  assert.match(said({ health: faulty("audio_stopped"), silence: 0.1, rate: 1.1e6 }), /^The main venue's sound has stopped\./);
  for (const fault of ["black", "frozen", "silent"]) assert.equal(said({ health: faulty(fault) }), "Connecting…");
  assert.match(said({ reach: "no", health: faulty("video_stopped") }), /^The relay is not reachable from here\./);
});

test("a stream that is on air with a fault is on air", () => {
  // Its health is a 503 by the usual rule.
  const slow = "This room's connection is too slow: 1.1 of 2.4 Mbit/s arriving.";
  assert.equal(said({ silence: 0.1, rate: 1.1e6, health: faulty("silent") }), slow);
  assert.equal(said({ isMoving: true, isSlow: true, silence: 0.1, rate: 1.1e6, health: faulty("silent") }), slow);
  assert.match(said({ refused: { status: 503 }, health: faulty("silent") }), /no room for another viewer/);
  assert.deepEqual([live, faulty("silent"), { ...live, served: false }, { ...live, state: "stale" }, null].map(isOnAir), [true, true, false, false, false]);
  assert.deepEqual([live, faulty("silent"), faulty("video_stopped"), faulty("audio_stopped"), null].map(isFlowing), [true, true, false, false, false]);
});

test("where the relay does not get to sending, this room's line is not blamed", () => {
  const facts = { silence: 0.1, rate: 1.1e6, health: { ...live, state: "degraded", faults: ["relay_overloaded"] } };
  const sentence = "The relay is overloaded, so the picture stops now and then. The operator can see this.";
  assert.equal(said(facts), sentence);
  assert.equal(said({ ...facts, isMoving: true, isSlow: true }), sentence);
  // Who gets all of it has nothing to be told.
  assert.equal(said({ ...facts, isMoving: true, rate: 2.4e6 }), null);
  assert.match(sentenceFor(diagnose({ ...still, ...facts }), "ja", now), /^中継サーバーの負荷が高く/);
});

test("what the main venue has not sent is no fault of this room's line", () => {
  const facts = { isMoving: true, isSlow: true, silence: 0.1, rate: 1.1e6 };
  const slow = "This room's connection is too slow: 1.1 of 2.4 Mbit/s arriving.";
  assert.equal(said({ ...facts, received: 1.15e6 }), null);
  assert.equal(said({ ...facts, isMoving: false, received: 0 }), "Connecting…");
  for (const received of [1.3e6, 2.4e6, 9e6, null]) assert.equal(said({ ...facts, received }), slow);
  assert.equal(said({ ...facts, rate: 2.3e6, received: 9e6 }), null);
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
