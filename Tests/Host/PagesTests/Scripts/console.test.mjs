import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./support.mjs";

const { added, plotOf, roundUp } = await load("plot.mjs");
const say = await load("consoleparts.mjs");
const { consoleWords, wordOf } = await load("consolewords.mjs");

test("a plot fits its frame and breaks where nothing was known", () => {
  const points = [{ at: 399, value: 9 }, { at: 900, value: 1e6 }, { at: 902, value: 2.4e6 }, { at: 950, value: 0 }, { at: 1000, value: NaN }];
  const { path, top } = plotOf(points, 1000);
  assert.equal(top, 5e6);
  assert.equal(path, "M500.0 80.0L502.0 52.0M550.0 100.0");
  assert.deepEqual(plotOf([], 5), { path: "", top: 1 });
});

test("scales are round", () => {
  assert.deepEqual([0, 0.3, 1, 1.1, 4.2, 51, 2e6].map(roundUp), [1, 0.5, 1, 2, 5, 100, 2e6]);
});

test("points are kept for ten minutes, one every two seconds", () => {
  let points = [];
  for (let at = 0; at < 2000; at += 1) points = added(points, { at, value: at });
  assert.ok(points.length <= 301 && points.length > 290, `${points.length}`);
  assert.ok(points[0].at >= 1398);
});

test("colours have words, and ages are plain", () => {
  const now = Date.parse("2026-11-30T12:00:00Z");
  assert.equal(say.toneOfStream({ state: "stale" }), "red");
  assert.equal(say.toneOfVenue({ state: "unseen" }), "none");
  assert.equal(say.toneOfVenue({ state: "constructor" }), "none");
  assert.equal(say.wordOfVenue({ state: "amber" }), "look");
  assert.equal(say.ago("2026-11-30T11:59:52Z", now), "8 s ago");
  assert.equal(say.ago(undefined, now), "never");
  assert.equal(say.bits(2.44e6), "2.4 Mbit/s");
  assert.deepEqual(say.figuresOfVenue({ latency: 1.64, arriving: 2e6, reported_at: "2026-11-30T12:00:00Z" }, now), [
    ["1.6 s", "behind"], ["2.0 Mbit/s", ""], ["now", "reported"],
  ]);
  assert.match(say.restartsOf({ restarts: 2, last_ending: { at: "2026-11-30T11:58:00Z", sentence: "killed by signal 9" } }, now), /^2 restarts, the last 2 min ago: killed/);
});

test("sentences are in the reader's language, and each fault is told once", () => {
  const black = { fault: "black", sentence: "The picture is black.", japanese: "映像が真っ黒です。" };
  const silent = { fault: "silent", sentence: "There is no sound.", japanese: "音がありません。" };
  const stream = { sentence: black.sentence, japanese: black.japanese, findings: [black, silent] };
  assert.equal(say.sentenceOf(stream, "en"), "The picture is black.");
  assert.equal(say.sentenceOf(stream, "ja"), "映像が真っ黒です。");
  assert.equal(say.sentenceOf({ sentence: "Of an older host." }, "ja"), "Of an older host.");
  assert.deepEqual(say.furtherFindings(stream, "en"), ["There is no sound."]);
  assert.deepEqual(say.furtherFindings(stream, "ja"), ["音がありません。"]);
  assert.deepEqual(say.furtherFindings({ sentence: `Live. ${silent.sentence}`, findings: [silent] }, "en"), []);
  assert.deepEqual(say.furtherFindings({ sentence: "Live." }, "en"), []);
});

test("each word of the console is there in both languages", () => {
  const [english, japanese] = ["en", "ja"].map(consoleWords);
  assert.deepEqual(Object.keys(japanese), Object.keys(english));
  for (const [key, word] of Object.entries(english)) assert.equal(typeof japanese[key], typeof word, key);
  const texts = Object.values(japanese).filter((word) => typeof word === "string");
  assert.ok(texts.every((text) => /[\u3040-\u30ff\u4e00-\u9fff]/.test(text)), texts.join());
  assert.deepEqual(Object.keys(japanese.venues), Object.keys(english.venues));
  assert.equal(wordOf("live", japanese), "配信中");
  assert.equal(wordOf("backing_off", english), "backing off");
  assert.equal(wordOf("toString", japanese), "toString");
  const now = Date.parse("2026-11-30T12:00:00Z");
  assert.equal(say.ago("2026-11-30T11:59:52Z", now, japanese), "8秒前");
  assert.deepEqual(say.figuresOfVenue({ latency: 1.64, reported_at: "2026-11-30T12:00:00Z" }, now, japanese), [["1.6 s", "遅延"], ["今", "報告"]]);
  assert.equal(say.restartsOf({ restarts: 2 }, now, japanese), "再起動2回、最後はなし: 原因不明");
  assert.equal(say.levelOf({ peak: -6, rms: -30 }, say.channel(0, 2, japanese), japanese).words, "左: 最大-6 dB、平均-30 dB");
});

test("destinations have colours and figures", () => {
  const relays = [["serving", "green"], ["restless", "amber"], ["silent", "red"], ["starved", "red"], ["toString", "green"]];
  for (const [state, tone] of relays) assert.equal(say.toneOfRelay({ ready: true, state: "ready", health: { state } }), tone);
  assert.equal(say.toneOfRelay({ ready: true, state: "ready" }), "green");
  assert.equal(say.toneOfRelay({ ready: false, state: "starting", health: { state: "restless" } }), "amber");
  assert.equal(say.toneOfRelay({ ready: false, state: "backing_off", health: { state: "restless" } }), "red");
  assert.deepEqual(["sending", "starting", "failing", "waiting", "toString"].map((state) => say.toneOfDestination({ state })), ["green", "amber", "red", "none", "none"]);
  assert.deepEqual([undefined, 0, 999, 999.6, 1000, 12345678, 9.4e9, 5e15].map(say.size), ["0 bytes", "0 bytes", "999 bytes", "1.0 kB", "1.0 kB", "12 MB", "9.4 GB", "5000 TB"]);
  assert.deepEqual(say.figuresOfDestination({ bytes: 2e6, failures: 1 }), [["2.0 MB", "sent"], [1, "attempt failed"]]);
  assert.deepEqual(say.figuresOfDestination({ bytes: 0, failures: 0 }), [["0 bytes", "sent"]]);
});

test("levels are places on a scale, with a word", () => {
  assert.deepEqual(say.levelOf({ peak: -6, rms: -30 }, "left"), { peak: 90, rms: 50, tone: "green", words: "left: peak -6 dB, mean -30 dB" });
  assert.deepEqual(say.levelOf({ peak: -120, rms: -120 }, "right"), { peak: 0, rms: 0, tone: "none", words: "right: nothing to be heard" });
  assert.equal(say.levelOf({ peak: 0.4, rms: -3 }, "sound").tone, "red");
  assert.deepEqual([say.channel(0, 2), say.channel(1, 2), say.channel(0, 1), say.channel(4, 6)], ["left", "right", "sound", "channel 5"]);
});

test("only a publisher that was lost may be given up", () => {
  const lost = { state: "stale", last_loss: { cause: "disconnected" } };
  assert.equal(say.mayBeGivenUp(lost), true);
  // Nobody knows whether one was lost while the relay does not serve.
  assert.equal(say.mayBeGivenUp({ state: "stale" }), false);
  assert.equal(say.mayBeGivenUp({ ...lost, source: {} }), false);
  assert.equal(say.mayBeGivenUp({ ...lost, state: "waiting" }), false);
});

test("only what differs from the usual may be meant so", () => {
  assert.equal(say.settingsOf({ server: "rtmp://h/live", stream_keys: ["a?key=k", "b?key=k"] }), "Server: rtmp://h/live\nStream Key: a?key=k\nStream Key: b?key=k");
  assert.equal(say.mayBeMeant({ source: {}, faults: ["frame_rate_fell"] }), true);
  assert.equal(say.mayBeMeant({ source: {}, faults: ["black"] }), false);
  assert.equal(say.mayBeMeant({ faults: ["frame_rate_fell"] }), false);
});
