import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./support.mjs";

const { ArrivalMeter, BackOff } = await load("arrival.mjs");

test("a rate is known after four seconds, and follows", () => {
  const meter = new ArrivalMeter();
  assert.equal(meter.rate(0), null);
  for (let now = 0; now < 6; now += 0.1) meter.note(12_500, now);
  assert.ok(Math.abs(meter.rate(6) - 1e6) < 5e4);
  assert.equal(meter.rate(20), 0);
  meter.restart();
  meter.note(1, 20);
  assert.equal(meter.rate(21), null);
});

test("waits grow to five seconds and differ", () => {
  const backOff = new BackOff();
  assert.deepEqual([1, 2, 3, 4, 5].map(() => backOff.wait(0.5)), [0.5, 1, 2, 4, 5]);
  assert.ok(backOff.wait(0) < 4 && backOff.wait(1) > 6);
  backOff.reset();
  assert.equal(backOff.wait(0.5), 0.5);
});
