import assert from "node:assert/strict";
import { test } from "node:test";
import { box, bytes, joined, load, zeros } from "./support.mjs";

const { BoxSplitter, boxAt, boxHead, boxesIn } = await load("boxes.mjs");

const header = joined(box("ftyp", zeros(16)), box("moov", zeros(40)));
const fragment = (size) => joined(box("moof", zeros(20)), box("mdat", zeros(size)));

test("a stream is cut into headers and fragments, wherever it is split", () => {
  const stream = joined(header, fragment(5), fragment(0), header, fragment(300));
  for (let size = 1; size < 60; size += 1) {
    const splitter = new BoxSplitter();
    const pieces = [];
    for (let offset = 0; offset < stream.length; offset += size) {
      pieces.push(...splitter.push(stream.subarray(offset, offset + size)));
    }
    assert.deepEqual(pieces.map((piece) => piece.kind).join(), "header,fragment,fragment,header,fragment");
    assert.deepEqual(joined(...pieces.map((piece) => piece.bytes)), stream);
  }
});

test("a box may say its size in 64 bits", () => {
  const long = joined(bytes(0, 0, 0, 1), new TextEncoder().encode("mdat"), bytes(0, 0, 0, 0, 0, 0, 0, 18), bytes(7, 7));
  assert.deepEqual(boxHead(long), { type: "mdat", size: 18, head: 16 });
  const splitter = new BoxSplitter();
  assert.equal(splitter.push(long.subarray(0, 9)).length, 0);
  assert.deepEqual(splitter.push(long.subarray(9))[0].bytes, long);
});

test("what cannot be a box is refused before anything waits for it", () => {
  for (const size of [0, 7, 2 ** 30]) {
    const head = box("moof", zeros(8));
    new DataView(head.buffer).setUint32(0, size);
    assert.throws(() => new BoxSplitter().push(head), /a box 'moof'/);
  }
  assert.throws(() => new BoxSplitter().push(new TextEncoder().encode("<!DOCTYPE html><html>")));
});

test("boxes without media do not pile up", () => {
  const splitter = new BoxSplitter();
  assert.throws(() => {
    for (let count = 0; count < 40; count += 1) splitter.push(box("free", zeros(1 << 20)));
  }, /without media/);
});

test("a box is found by its path, and one that is cut off is not there", () => {
  const outer = joined(box("free"), box("mdia", box("mdhd", bytes(1, 2))));
  assert.deepEqual([...boxAt(outer, ["mdia", "mdhd"])], [1, 2]);
  assert.equal(boxAt(outer, ["mdia", "hdlr"]), null);
  assert.equal(boxesIn(outer.subarray(0, outer.length - 1)).length, 1);
});
