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
