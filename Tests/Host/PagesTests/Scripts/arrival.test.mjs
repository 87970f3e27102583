import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./support.mjs";

const { ArrivalMeter, BackOff, ReceptionMeter } = await load("arrival.mjs");

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

test("what the relay receives is known from its counter, over some seconds", () => {
  const meter = new ReceptionMeter();
  assert.equal(meter.rate, null);
  meter.note(1000, 0);
  meter.note(126000, 1);
  meter.note(251000, 2);
  assert.equal(meter.rate, null);
  meter.note(376000, 3);
  assert.equal(meter.rate, 1e6);
  // It pauses: what was before is forgotten soon.
  for (let now = 4; now < 8; now += 1) meter.note(376000, now);
  assert.equal(meter.rate, 0);
  // Asked every five seconds.
  meter.note(1001000, 12);
  assert.equal(meter.rate, 1e6);
  // Nobody asked for long, or another instance counts, or it does not say.
  meter.note(9001000, 60);
  assert.equal(meter.rate, null);
  meter.note(5000, 63);
  assert.equal(meter.rate, null);
  meter.note(5000, 67);
  assert.equal(meter.rate, 0);
  meter.note(undefined, 68);
  assert.equal(meter.rate, null);
});
