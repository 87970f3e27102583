// Where the scripts of the pages are, and boxes to feed them.

export const files = new URL("../../../../Sources/Host/Pages/Files/", import.meta.url);
export const load = (name) => import(new URL(name, files));

export function box(type, ...contents) {
  const size = 8 + contents.reduce((sum, content) => sum + content.length, 0);
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, size);
  bytes.set(new TextEncoder().encode(type), 4);
  let offset = 8;
  for (const content of contents) {
    bytes.set(content, offset);
    offset += content.length;
  }
  return bytes;
}

export const bytes = (...values) => Uint8Array.from(values);
export const zeros = (count) => new Uint8Array(count);

export function joined(...pieces) {
  return box("free", ...pieces).subarray(8);
}
