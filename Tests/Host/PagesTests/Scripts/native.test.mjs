import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./support.mjs";

globalThis.addEventListener ??= () => {};
const { NativePlayer } = await load("native.mjs");
const { playerFor } = await load("players.mjs");
const { Starter } = await load("starter.mjs");

const video = (answer) => ({ canPlayType: () => answer, addEventListener() {}, muted: true });
const options = { media: "/live/main.mp4", health: "/health/live/main", latency: 1.5, still: { keep() {}, drop() {} } };

function isNative(answer, userAgent) {
  Object.defineProperty(globalThis, "navigator", { value: { userAgent, onLine: true }, configurable: true });
  return playerFor(video(answer), options) instanceof NativePlayer;
}

const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 15_8 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.6 Mobile/15E148 Safari/604.1";
const CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

test("the browser's own HLS is for those that have nothing better, and never for Chromium", () => {
  assert.equal(isNative("maybe", IPHONE), true);
  assert.equal(isNative("maybe", IPHONE.replace("Version/15.6", "CriOS/120.0.0.0")), true);
  assert.equal(isNative("maybe", CHROMIUM), false);
  assert.equal(isNative("", IPHONE), false);
});

/** A player that ticks when it is told to, of an encoder that is on air, and what the host answers by address. */
function nativePlayer(t, answers) {
  let tick;
  t.mock.method(globalThis, "setInterval", (action) => (tick = action));
  const clock = t.mock.method(performance, "now", () => 1000 * at);
  let at = 100;
  const asked = [];
  t.mock.method(globalThis, "fetch", async (address) => {
    asked.push(address);
    const { status = 200, body } = answers[address];
    return new Response(body ?? "", { status, headers: body ? { "Content-Type": "application/json" } : {} });
  });
  const picture = { ...video("maybe"), currentTime: 0, paused: false, loads: 0, load() { this.loads += 1; }, play: async () => {} };
  const player = new NativePlayer(picture, options);
  player.start();
  const run = async (seconds) => {
    for (const end = at + seconds; at < end; at += 0.2) {
      tick();
      await new Promise(setImmediate);
    }
  };
  return { player, picture, asked, run, clock };
}

const health = (state, faults = []) => ({ status: state === "live" ? 200 : 503, body: JSON.stringify({ served: true, state, faults, bitrate: 2e6 }) });

test("the browser's own HLS is told why it gets nothing", async (t) => {
  const answers = { "/live/main.m3u8": { status: 401 }, "/health/live/main": health("live") };
  const { player, asked, run, picture } = nativePlayer(t, answers);
  await run(0.8);
  // One that begins in time asks nothing more.
  assert.ok(!asked.includes("/live/main.m3u8"));
  for (const [status, key] of [[401, "noToken"], [403, "wrongToken"], [406, "noForm"], [502, "connecting"], [200, "connecting"]]) {
    answers["/live/main.m3u8"] = { status };
    await run(4);
    assert.equal(player.diagnosis.key, key);
  }
  const questions = asked.filter((address) => address === "/live/main.m3u8").length;
  assert.ok(questions >= 5 && questions <= 8, `${questions}`);
  for (let second = 0; second < 3; second += 0.2) {
    picture.currentTime += 0.2;
    await run(0.2);
  }
  assert.equal(player.diagnosis, null);
});

test("the browser's own HLS begins anew where the stream goes on without it, whatever is wrong with the stream", async (t) => {
  const answers = { "/live/main.m3u8": {}, "/health/live/main": health("degraded", ["silent"]) };
  const { picture, run } = nativePlayer(t, answers);
  await run(12);
  assert.equal(picture.loads, 2);
  answers["/health/live/main"] = health("degraded", ["video_stopped"]);
  await run(20);
  assert.equal(picture.loads, 2);
});

test("a browser that does not let the picture play is asked for a press", async () => {
  let refusal = Object.assign(new Error("no"), { name: "NotAllowedError" });
  const picture = { muted: false, play: () => (refusal ? Promise.reject(refusal) : Promise.resolve()) };
  const starter = new Starter(picture);
  for (let time = 0; time < 3; time += 1) {
    starter.play(time);
    // Too soon after the last.
    starter.play(time + 0.1);
    await Promise.resolve();
    await Promise.resolve();
  }
  assert.equal(picture.muted, true);
  assert.equal(starter.needsPress, true);
  starter.press();
  assert.equal(starter.needsPress, false);
  refusal = null;
  starter.play(9);
  await Promise.resolve();
  assert.equal(starter.needsPress, false);
});
