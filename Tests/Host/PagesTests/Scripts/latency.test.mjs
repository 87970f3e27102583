import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./support.mjs";

const { LatencyControl, LiveEdge } = await load("latency.mjs");

/** A picture that plays for some seconds in steps of 100 ms, with all media there up to the edge less what is late. */
class Room {
  constructor(chosen, { behind, kept = 10 }) {
    Object.assign(this, { control: new LatencyControl(chosen), now: 0, position: 100 - behind, kept, late: 0, jumps: [], rates: [], held: 0 });
  }

  run(seconds) {
    for (let count = 0; count < seconds * 10; count += 1) {
      const edge = 100 + this.now;
      const start = Math.max(edge - this.kept, 0);
      const step = this.control.step({ now: this.now, position: this.position, edge, start, end: edge - this.late });
      if (step.jump !== null) {
        this.jumps.push(step.jump);
        this.position = step.jump;
      }
      this.rates.push(step.rate);
      this.held += step.hold ? 0.1 : 0;
      this.now += 0.1;
      if (!step.hold) this.position = Math.min(this.position + step.rate * 0.1, edge - this.late);
    }
    return this;
  }

  get latency() {
    return 100 + this.now - this.position;
  }
}

const near = (value, wanted, room) => assert.ok(Math.abs(value - wanted) <= room, `${value} is not ${wanted} ± ${room}`);

test("what is a little off is mended by rates that nobody hears, and then left alone", () => {
  for (const behind of [1.3, 1.7]) {
    const room = new Room(1.5, { behind }).run(30);
    near(room.latency, 1.5, 0.05);
    assert.deepEqual(room.jumps, []);
    assert.ok(Math.max(...room.rates) <= 1.03 && Math.min(...room.rates) >= 0.97);
    assert.ok(new Set(room.rates.slice(-50)).size === 1 && room.rates.at(-1) === 1);
  }
});

test("within the hysteresis nothing is done", () => {
  const room = new Room(1.5, { behind: 1.56 }).run(10);
  assert.ok(room.rates.every((rate) => rate === 1));
});

test("what is far off is mended by one jump, after a moment", () => {
  const room = new Room(1.5, { behind: 1.5 }).run(1);
  room.position -= 2;
  room.run(0.5);
  assert.deepEqual(room.jumps, []);
  room.run(3);
  assert.equal(room.jumps.length, 1);
  near(room.latency, 1.5, 0.05);
});

test("another latency is reached within seconds, either way", () => {
  for (const chosen of [0.8, 3, 6]) {
    const room = new Room(1.5, { behind: 1.5 }).run(2);
    room.control.chosen = chosen;
    room.run(5);
    near(room.latency, chosen, 0.1);
    assert.ok(room.jumps.length <= 1);
  }
});

test("whoever joins at a keyframe waits with a picture until there is enough behind it", () => {
  const room = new Room(1.5, { behind: 0.2, kept: 0.2 });
  room.kept = 0.2;
  const joined = 99.8;
  for (let count = 0; count < 40; count += 1) {
    room.kept = 100 + room.now - joined;
    room.run(0.1);
  }
  near(room.held, 1.2, 0.15);
  near(room.latency, 1.5, 0.15);
  assert.deepEqual(room.jumps, []);
});

test("whoever joins far behind begins at the right place at once", () => {
  const room = new Room(1.5, { behind: 4 }).run(0.1);
  assert.equal(room.jumps.length, 1);
  near(room.latency, 1.5, 0.15);
});

test("a connection that stalls is given more time, which is taken back when it behaves", () => {
  const control = new LatencyControl(1.5);
  for (let count = 0; count < 20; count += 1) control.noteStall(count);
  near(control.target, 4.5, 0.01);
  const at = { position: 0, edge: 4.5, start: 0, end: 4.5 };
  for (let now = 20; now < 20 + 31 * 12; now += 1) control.step({ ...at, now });
  near(control.target, 1.5, 0.01);
});

test("nothing is jumped to that has not come", () => {
  const room = new Room(1.5, { behind: 1.5 }).run(1);
  room.late = 3;
  room.position = 100 + room.now - 3;
  room.run(20);
  assert.deepEqual(room.jumps, []);
});

test("the edge is where the earliest arrivals say", () => {
  const edge = new LiveEdge();
  assert.equal(edge.at(0), null);
  for (let count = 0; count < 50; count += 1) edge.note(10 + count * 0.2 - (count % 3 ? 0.3 : 0), count * 0.2);
  near(edge.at(10), 20, 0.001);
  // Late for a while: what was known stays.
  edge.note(20, 11);
  near(edge.at(11), 21, 0.001);
});

test("after a pause the edge is learnt anew", () => {
  const edge = new LiveEdge();
  edge.note(10, 0);
  edge.note(11, 20);
  near(edge.at(20), 11, 0.001);
});
