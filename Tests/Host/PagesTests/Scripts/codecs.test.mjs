import assert from "node:assert/strict";
import { test } from "node:test";
import { box, bytes, joined, load, zeros } from "./support.mjs";

const { mediaType, startOf, tracksOf } = await load("codecs.mjs");

function number(value, size = 4) {
  const out = zeros(size);
  for (let index = 0; index < size; index += 1) out[size - 1 - index] = Math.floor(value / 256 ** index) % 256;
  return out;
}

const picture = (type, ...inner) => box(type, zeros(78), ...inner);
const sound = (type, ...inner) => box(type, zeros(28), ...inner);

function trak(id, handler, entry, timescale = 1000) {
  return box(
    "trak",
    box("tkhd", zeros(12), number(id), zeros(64)),
    box(
      "mdia",
      box("mdhd", zeros(12), number(timescale), zeros(8)),
      box("hdlr", zeros(8), new TextEncoder().encode(handler), zeros(12)),
      box("minf", box("stbl", box("stsd", zeros(8), entry))),
    ),
  );
}

const header = (...traks) => joined(box("ftyp", zeros(8)), box("moov", box("mvhd", zeros(100)), ...traks));
const codecOf = (handler, entry) => tracksOf(header(trak(1, handler, entry)))[0].codec;

const esds = (...config) =>
  box("esds", zeros(4), bytes(3, 0x80, 0x80, 0x80, 0x22, 0, 1, 0, 4, 0x11, 0x40), zeros(12), bytes(5, config.length, ...config));

test("codecs are written as browsers are asked of them", () => {
  assert.equal(codecOf("vide", picture("avc1", box("avcC", bytes(1, 0x64, 0, 0x1f)))), "avc1.64001f");
  assert.equal(codecOf("vide", picture("avc3", box("btrt", zeros(12)), box("avcC", bytes(1, 0x42, 0xc0, 0x0d)))), "avc3.42c00d");
  const hvcC = bytes(1, 0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93, 0xf0);
  assert.equal(codecOf("vide", picture("hvc1", box("hvcC", hvcC))), "hvc1.1.6.L93.90");
  const main10 = bytes(1, 0x22, 0x20, 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 153, 0xf0);
  assert.equal(codecOf("vide", picture("hev1", box("hvcC", main10))), "hev1.2.4.H153.b0");
  assert.equal(codecOf("vide", picture("av01", box("av1C", bytes(0x81, 0x08, 0x0c, 0)))), "av01.0.08M.08");
  assert.equal(codecOf("vide", picture("av01", box("av1C", bytes(0x81, 0x2d, 0xc0, 0)))), "av01.1.13H.10");
  assert.equal(codecOf("vide", picture("vp09", box("vpcC", bytes(1, 0, 0, 0, 0, 31, 0x82, 1, 1, 1, 0, 0)))), "vp09.00.31.08");
  assert.equal(codecOf("soun", sound("mp4a", esds(0x11, 0x90))), "mp4a.40.2");
  assert.equal(codecOf("soun", sound("mp4a", esds(0xf8, 0xe0))), "mp4a.40.39");
  assert.equal(codecOf("soun", sound("Opus", box("dOps", zeros(11)))), "opus");
});

test("what is not known or not whole keeps its name, for the browser to refuse", () => {
  assert.equal(codecOf("vide", picture("mjpg")), "mjpg");
  assert.equal(codecOf("vide", picture("avc1")), "avc1");
  assert.equal(codecOf("vide", picture("avc1", box("avcC", bytes(1)))), "avc1");
  assert.equal(codecOf("soun", sound("mp4a", box("esds", bytes(0, 0, 0, 0, 3, 0x80)))), "mp4a");
  assert.deepEqual(tracksOf(zeros(0)), []);
  assert.deepEqual(tracksOf(header(box("trak"), box("trak", box("tkhd", zeros(3))))), []);
});

test("a header that is cut off anywhere throws nothing", () => {
  const whole = header(trak(1, "vide", picture("avc1", box("avcC", bytes(1, 0x64, 0, 0x1f)))), trak(2, "soun", sound("mp4a", esds(0x11))));
  for (let length = 0; length < whole.length; length += 1) tracksOf(whole.subarray(0, length));
  for (let at = 0; at < whole.length; at += 1) {
    const broken = whole.slice();
    broken[at] ^= 0xff;
    try {
      tracksOf(broken);
    } catch (error) {
      assert.match(error.message, /^a box /);
    }
  }
});

test("a browser is asked for all tracks at once", () => {
  assert.equal(mediaType([{ kind: "video", codec: "avc1.64001f" }, { kind: "audio", codec: "opus" }]), 'video/mp4; codecs="avc1.64001f,opus"');
  assert.equal(mediaType([{ kind: "audio", codec: "mp4a.40.2" }]), 'audio/mp4; codecs="mp4a.40.2"');
});

test("a fragment says when it begins, in either length", () => {
  const tracks = [{ id: 1, timescale: 90000 }, { id: 2, timescale: 48000 }];
  const traf = (id, time) => box("traf", box("tfhd", zeros(4), number(id)), box("tfdt", time));
  const long = joined(bytes(1, 0, 0, 0), number(90000 * 3e6, 8));
  assert.equal(startOf(box("moof", traf(1, long)), tracks), 3e6);
  assert.equal(startOf(box("moof", traf(7, long), traf(2, joined(zeros(4), number(24000)))), tracks), 0.5);
  assert.equal(startOf(box("moof", traf(7, long)), tracks), null);
  assert.equal(startOf(box("moof", box("traf")), tracks), null);
});
