// Cuts fragmented MP4 (ISO/IEC 14496-12) into what a SourceBuffer takes whole, and finds boxes within a box.

/** Bytes of one box; a fragment of 200 ms of the best picture there is has far fewer. */
const BOX_LIMIT = 32 << 20;

/** The size and name of the box at an offset; null while its head is not whole. Throws where it cannot be one. */
export function boxHead(bytes, offset = 0) {
  if (bytes.length - offset < 8) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, bytes.length - offset);
  const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
  let [size, head] = [view.getUint32(0), 8];
  if (size === 1) {
    if (view.byteLength < 16) return null;
    [size, head] = [view.getUint32(8) * 2 ** 32 + view.getUint32(12), 16];
  }
  if (size < head || size > BOX_LIMIT) throw new Error(`a box '${type}' of ${size} bytes`);
  return { type, size, head };
}

/** The boxes within a box's content: [{ type, content }]. What does not fit into the content ends the list. */
export function boxesIn(content) {
  const found = [];
  for (let offset = 0; ; ) {
    const box = boxHead(content, offset);
    if (!box || offset + box.size > content.length) return found;
    found.push({ type: box.type, content: content.subarray(offset + box.head, offset + box.size) });
    offset += box.size;
  }
}

/** The content of the first box at a path such as ["mdia", "mdhd"]; null where there is none. */
export function boxAt(content, path) {
  let at = content;
  for (const type of path) {
    at = at && boxesIn(at).find((box) => box.type === type)?.content;
  }
  return at ?? null;
}

/** Takes bytes as they come, and gives headers (everything up to `moov`) and fragments (everything up to `mdat`). */
export class BoxSplitter {
  #chunks = [];
  #length = 0;
  #wanted = 8;
  /** Bytes of whole boxes that belong to what comes next. */
  #kept = 0;

  push(chunk) {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const pieces = [];
    while (this.#length >= this.#wanted) {
      const bytes = this.#joined();
      const box = boxHead(bytes, this.#kept);
      if (!box) {
        this.#wanted = this.#kept + (bytes.length - this.#kept < 8 ? 8 : 16);
        continue;
      }
      const end = this.#kept + box.size;
      if (end > BOX_LIMIT) throw new Error("boxes without media");
      if (bytes.length < end) {
        this.#wanted = end;
        continue;
      }
      this.#kept = end;
      if (box.type === "moov" || box.type === "mdat") {
        pieces.push({ kind: box.type === "moov" ? "header" : "fragment", bytes: bytes.slice(0, end) });
        this.#chunks = [bytes.subarray(end)];
        this.#length -= end;
        this.#kept = 0;
      }
      this.#wanted = this.#kept + 8;
    }
    return pieces;
  }

  #joined() {
    if (this.#chunks.length === 1) return this.#chunks[0];
    const all = new Uint8Array(this.#length);
    let offset = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, offset);
      offset += chunk.length;
    }
    this.#chunks = [all];
    return all;
  }
}
