import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./support.mjs";

const { LAYOUTS, places, pressed } = await load("layout.mjs");
const { farewell, reportOf } = await load("report.mjs");
const { countdown, venueWords } = await load("venuewords.mjs");

test("in every layout pictures lie within the screen, and side by side they do not overlap", () => {
  for (const layout of LAYOUTS) {
    for (let count = 1; count <= 9; count += 1) {
      for (const aspect of [16 / 9, 9 / 16]) {
        const all = places(layout, count, count - 1, aspect);
        assert.equal(all.length, count);
        const seen = all.filter(Boolean);
        for (const { left, top, width, height } of seen) {
          assert.ok(left >= -1e-9 && top >= -1e-9 && left + width <= 1 + 1e-9 && top + height <= 1 + 1e-9, `${layout} ${count}`);
        }
        if (layout !== "side") continue;
        for (const [index, a] of seen.entries()) {
          for (const b of seen.slice(index + 1)) {
            const apart = a.left + a.width <= b.left + 1e-9 || b.left + b.width <= a.left + 1e-9 || a.top + a.height <= b.top + 1e-9 || b.top + b.height <= a.top + 1e-9;
            assert.ok(apart, `${count} ${aspect}`);
          }
        }
      }
    }
  }
  assert.deepEqual(places("one", 3, 1, 1.7).map(Boolean), [false, true, false]);
  assert.equal(places("corner", 2, 1, 1.7)[1].width, 1);
});

test("keys choose and lay out", () => {
  const view = { layout: "side", large: 0 };
  assert.deepEqual(pressed("2", view, 3), { layout: "corner", large: 1 });
  assert.equal(pressed("4", view, 3), null);
  assert.deepEqual(pressed("ArrowLeft", { layout: "one", large: 0 }, 3), { layout: "one", large: 2 });
  assert.deepEqual(pressed("ArrowRight", view, 3), { layout: "corner", large: 1 });
  assert.deepEqual(pressed("0", view, 3), { layout: "corner", large: 0 });
  assert.deepEqual(pressed("ArrowUp", view, 3), { layout: "one", large: 0 });
  assert.equal(pressed("2", view, 1), null);
  assert.equal(pressed("x", view, 3), null);
});

const screen = { session: "5e55", relay: "live", isStarted: true, isHidden: false, number: 3, now: 1000 };
const figures = { delay: 1.64, target: 1.5, buffer: 1.2, rate: 1, arriving: 2.4e6, sent: 2.5e6, late: 1 };
const stream = { name: "main", isMoving: true, found: null, figures, dropped: 2, frames: 300, width: 1280, height: 720 };

test("a report has the keys of the standard", () => {
  assert.equal(
    reportOf([stream], screen),
    'v=2,e=t,ts=1000,sid="5e55",sn=3,transponder-started=?1,sta=p,cid="live/main",ltc=1640,bl=1200,mtp=2400,br=2500,bsa=1,dfa=2,transponder-frames=300,transponder-res="1280x720"\n',
  );
  const slow = { ...stream, isMoving: false, found: { key: "slow" }, figures: { ...figures, arriving: null } };
  assert.match(reportOf([slow], { ...screen, isHidden: true, isStarted: false }), /,bg,transponder-started=\?0,sta=r,.*transponder-why=slow\n$/);
  assert.doesNotMatch(reportOf([slow], screen), /ltc|mtp/);
  assert.match(reportOf([{ ...stream, found: { key: "black" } }], screen), /,sta=p,.*transponder-why=black\n$/);
  assert.match(reportOf([{ ...slow, found: { key: "pictureStopped" } }], screen), /,sta=w,.*transponder-why=pictureStopped\n$/);
  assert.match(reportOf([], screen), /sta=w,transponder-why=notStarted\n$/);
  assert.equal(reportOf(Array(20).fill(stream), screen).trimEnd().split("\n").length, 9);
  assert.match(farewell(screen), /sta=q\n$/);
});

test("a countdown is as long as it must be", () => {
  const words = venueWords("en");
  assert.equal(countdown(0, words), null);
  assert.equal(countdown(-5, words), null);
  assert.equal(countdown(4.2, words), "0:05");
  assert.equal(countdown(754, words), "12:34");
  assert.equal(countdown(3723, words), "1:02:03");
  assert.equal(countdown(2 * 86400 + 60, words), "2 d 0:01:00");
});

test("both languages have all words", () => {
  assert.deepEqual(Object.keys(venueWords("en")), Object.keys(venueWords("ja")));
  for (const [key, value] of Object.entries(venueWords("en"))) assert.equal(typeof value, typeof venueWords("ja")[key], key);
});
