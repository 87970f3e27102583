// What a header says of its tracks: the codecs as RFC 6381 writes them, and the time scale of each.

import { boxAt, boxesIn } from "./boxes.mjs";

const hex = (value, digits = 2) => value.toString(16).padStart(digits, "0");
const decimal = (value) => String(value).padStart(2, "0");
const view = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** H.264: profile, constraints and level (ISO/IEC 14496-15 section 5.3.3). */
function avc(type, box) {
  return `${type}.${hex(box[1])}${hex(box[2])}${hex(box[3])}`;
}

/** H.265 (ISO/IEC 14496-15 annex E.3). */
function hevc(type, box) {
  const space = ["", "A", "B", "C"][box[1] >> 6];
  let flags = view(box).getUint32(2);
  let reversed = 0;
  for (let bit = 0; bit < 32; bit += 1, flags >>>= 1) reversed = ((reversed << 1) | (flags & 1)) >>> 0;
  const constraints = [...box.subarray(6, 12)];
  while (constraints.length && constraints.at(-1) === 0) constraints.pop();
  const tier = box[1] & 0x20 ? "H" : "L";
  const parts = [`${space}${box[1] & 0x1f}`, reversed.toString(16), `${tier}${box[12]}`];
  return [type, ...parts, ...constraints.map((byte) => byte.toString(16))].join(".");
}

/** AV1 codec ISO media file format binding, section 5. */
function av1(type, box) {
  const depth = box[2] & 0x40 ? (box[2] & 0x20 ? 12 : 10) : 8;
  return `${type}.${box[1] >> 5}.${decimal(box[1] & 0x1f)}${box[2] & 0x80 ? "H" : "M"}.${decimal(depth)}`;
}

/** VP codec ISO media file format binding. */
function vp(type, box) {
  return `${type}.${decimal(box[4])}.${decimal(box[5])}.${decimal(box[6] >> 4)}`;
}

/** MPEG-4 audio: descriptors within descriptors (ISO/IEC 14496-1 section 7.2.6). */
function mpeg4Audio(box) {
  let offset = 4;
  const open = () => {
    const tag = box[offset++];
    let size = 0;
    for (let count = 0; count < 4; count += 1) {
      const byte = box[offset++];
      size = (size << 7) | (byte & 0x7f);
      if (!(byte & 0x80)) break;
    }
    return tag;
  };
  if (open() !== 3) return null;
  const flags = box[offset + 2];
  offset += 3 + (flags & 0x80 ? 2 : 0);
  if (flags & 0x40) offset += 1 + box[offset];
  offset += flags & 0x20 ? 2 : 0;
  if (open() !== 4) return null;
  const object = box[offset];
  offset += 13;
  if (object !== 0x40) return `mp4a.${hex(object)}`;
  if (open() !== 5 || offset + 1 >= box.length) return null;
  const short = box[offset] >> 3;
  return `mp4a.40.${short === 31 ? 32 + (((box[offset] & 7) << 3) | (box[offset + 1] >> 5)) : short}`;
}

/** Where the boxes of a sample entry begin, behind the fields of a picture or of a sound. */
const PICTURE = 78;
const SOUND = 28;

const READERS = {
  avc1: [PICTURE, "avcC", avc, 4],
  avc3: [PICTURE, "avcC", avc, 4],
  hvc1: [PICTURE, "hvcC", hevc, 13],
  hev1: [PICTURE, "hvcC", hevc, 13],
  av01: [PICTURE, "av1C", av1, 4],
  vp08: [PICTURE, "vpcC", vp, 12],
  vp09: [PICTURE, "vpcC", vp, 12],
  mp4a: [SOUND, "esds", (type, box) => mpeg4Audio(box), 5],
};
const WORDS = { Opus: "opus", fLaC: "flac", ".mp3": "mp3", "ac-3": "ac-3", "ec-3": "ec-3" };

/** The codec of a sample entry; its own name where that is all that is known. */
function codec({ type, content }) {
  const [skip, name, read, least] = READERS[type] ?? [];
  if (!read) return WORDS[type] ?? type;
  const box = boxAt(content.subarray(skip), [name]);
  return (box && box.length >= least && read(type, box)) || type;
}

function track(trak) {
  const number = boxAt(trak, ["tkhd"]);
  const media = boxAt(trak, ["mdia", "mdhd"]);
  const handler = boxAt(trak, ["mdia", "hdlr"]);
  const entries = boxAt(trak, ["mdia", "minf", "stbl", "stsd"]);
  if (!number || !media || !handler || !entries || handler.length < 12) return null;
  const entry = boxesIn(entries.subarray(8))[0];
  const isLong = (box) => box[0] === 1;
  if (!entry || number.length < 24 || media.length < 24) return null;
  return {
    id: view(number).getUint32(isLong(number) ? 20 : 12),
    kind: String.fromCharCode(...handler.subarray(8, 12)) === "vide" ? "video" : "audio",
    timescale: view(media).getUint32(isLong(media) ? 20 : 12) || 1,
    codec: codec(entry),
  };
}

/** The tracks of a header: [{ id, kind, timescale, codec }]. */
export function tracksOf(header) {
  const moov = boxAt(header, ["moov"]) ?? new Uint8Array();
  const traks = boxesIn(moov).filter((box) => box.type === "trak");
  return traks.map((box) => track(box.content)).filter(Boolean);
}

/** How `MediaSource.isTypeSupported` is asked of them. */
export function mediaType(tracks) {
  const container = tracks.some((track) => track.kind === "video") ? "video/mp4" : "audio/mp4";
  return `${container}; codecs="${tracks.map((track) => track.codec).join(",")}"`;
}

/** When a fragment begins, seconds on the stream's clock; null where it does not say. */
export function startOf(fragment, tracks) {
  for (const { type, content } of boxesIn(boxAt(fragment, ["moof"]) ?? new Uint8Array())) {
    const head = type === "traf" && boxAt(content, ["tfhd"]);
    const time = type === "traf" && boxAt(content, ["tfdt"]);
    if (!head || !time || head.length < 8 || time.length < (time[0] === 1 ? 12 : 8)) continue;
    const track = tracks.find((track) => track.id === view(head).getUint32(4));
    if (!track) continue;
    const long = time[0] === 1 ? view(time).getUint32(4) * 2 ** 32 + view(time).getUint32(8) : view(time).getUint32(4);
    return long / track.timescale;
  }
  return null;
}
