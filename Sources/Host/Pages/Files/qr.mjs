// A QR code of a text (ISO/IEC 18004): bytes, error correction level M, versions 1 to 10, which hold 213 bytes.

/** Of level M, by version: codewords of correction in a block, and blocks. */
const CORRECTION = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5];

const sizeOf = (version) => 17 + 4 * version;

/** Centres of the alignment patterns, along either axis. */
function alignments(version) {
  if (version === 1) return [];
  const last = sizeOf(version) - 7;
  return version < 7 ? [6, last] : [6, Math.ceil((last - 6) / 4) * 2 + 6, last];
}

/** Codewords of a version: the modules that no pattern takes. */
function codewords(version) {
  const size = sizeOf(version);
  const count = alignments(version).length;
  const aligned = count ? (count * count - 3) * 25 - (count - 2) * 10 : 0;
  return Math.floor((size * size - 3 * 64 - 31 - 2 * (size - 16) - aligned - (version > 6 ? 36 : 0)) / 8);
}

const room = (version) => codewords(version) - CORRECTION[version - 1] * BLOCKS[version - 1];
const lengthBits = (version) => (version < 10 ? 8 : 16);

// Arithmetic in the field of 256 elements with the polynomial 0x11d.
const POWERS = new Uint8Array(255);
const LOGS = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power += 1) {
  POWERS[power] = value;
  LOGS[value] = power;
  value = (value << 1) ^ (value & 0x80 ? 0x11d : 0);
}
const product = (a, b) => (a && b ? POWERS[(LOGS[a] + LOGS[b]) % 255] : 0);

/** The codewords that correct a block. */
function correction(block, count) {
  let generator = [1];
  for (let root = 0; root < count; root += 1) {
    const next = [...generator, 0];
    generator.forEach((factor, index) => (next[index + 1] ^= product(factor, POWERS[root])));
    generator = next;
  }
  const rest = [...block, ...Array(count).fill(0)];
  for (let index = 0; index < block.length; index += 1) {
    const lead = rest[index];
    generator.forEach((factor, offset) => (rest[index + offset] ^= product(factor, lead)));
  }
  return rest.slice(block.length);
}

/** The text as codewords, with padding. */
function dataOf(bytes, version) {
  const bits = [];
  const push = (value, count) => {
    for (let bit = count - 1; bit >= 0; bit -= 1) bits.push((value >> bit) & 1);
  };
  push(4, 4);
  push(bytes.length, lengthBits(version));
  for (const byte of bytes) push(byte, 8);
  const all = room(version) * 8;
  push(0, Math.min(4, all - bits.length));
  push(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < all; pad ^= 0xec ^ 0x11) push(pad, 8);
  return Array.from({ length: all / 8 }, (_, index) => parseInt(bits.slice(index * 8, index * 8 + 8).join(""), 2));
}

/** Data and correction of all blocks, interleaved. */
function interleaved(data, version) {
  const count = BLOCKS[version - 1];
  const short = Math.floor(data.length / count);
  const longs = data.length % count;
  const blocks = [];
  for (let index = 0, offset = 0; index < count; index += 1) {
    const length = short + (index >= count - longs ? 1 : 0);
    blocks.push(data.slice(offset, offset + length));
    offset += length;
  }
  const checks = blocks.map((block) => correction(block, CORRECTION[version - 1]));
  const woven = [];
  for (const group of [blocks, checks]) {
    for (let index = 0; index < Math.max(...group.map((block) => block.length)); index += 1) {
      for (const block of group) if (index < block.length) woven.push(block[index]);
    }
  }
  return woven;
}

/** A value with the remainder of its division by a polynomial behind it. */
function checked(value, polynomial, bits) {
  let rest = value << bits;
  for (let bit = 31; bit >= bits; bit -= 1) if ((rest >>> bit) & 1) rest ^= polynomial << (bit - bits);
  return (value << bits) | rest;
}

const MASKS = [
  (x, y) => (x + y) % 2,
  (x, y) => y % 2,
  (x) => x % 3,
  (x, y) => (x + y) % 3,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
  (x, y) => ((x * y) % 2) + ((x * y) % 3),
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

class Grid {
  constructor(version) {
    this.version = version;
    this.size = sizeOf(version);
    this.dark = Array.from({ length: this.size }, () => Array(this.size).fill(false));
    this.fixed = Array.from({ length: this.size }, () => Array(this.size).fill(false));
    this.#patterns();
  }

  #fix(x, y, isDark) {
    if (x < 0 || y < 0 || x >= this.size || y >= this.size) return;
    this.dark[y][x] = Boolean(isDark);
    this.fixed[y][x] = true;
  }

  #patterns() {
    const last = this.size - 1;
    for (let at = 0; at < this.size; at += 1) {
      this.#fix(6, at, at % 2 === 0);
      this.#fix(at, 6, at % 2 === 0);
    }
    for (const [x, y] of [[3, 3], [last - 3, 3], [3, last - 3]]) this.#rings(x, y, 4, [0, 1, 3]);
    const centres = alignments(this.version);
    for (const x of centres) {
      for (const y of centres) {
        const isFinder = (x === 6 && y === 6) || (x === 6 && y === last - 6) || (x === last - 6 && y === 6);
        if (!isFinder) this.#rings(x, y, 2, [0, 2]);
      }
    }
    this.format(0);
    if (this.version < 7) return;
    const bits = checked(this.version, 0x1f25, 12);
    for (let bit = 0; bit < 18; bit += 1) {
      const [a, b] = [this.size - 11 + (bit % 3), Math.floor(bit / 3)];
      this.#fix(a, b, (bits >> bit) & 1);
      this.#fix(b, a, (bits >> bit) & 1);
    }
  }

  #rings(x, y, reach, darkRings) {
    for (let dx = -reach; dx <= reach; dx += 1) {
      for (let dy = -reach; dy <= reach; dy += 1) {
        this.#fix(x + dx, y + dy, darkRings.includes(Math.max(Math.abs(dx), Math.abs(dy))));
      }
    }
  }

  /** Which mask there is, and the level, 0 being M: twice. */
  format(mask) {
    const bits = checked(mask, 0x537, 10) ^ 0x5412;
    const place = [0, 1, 2, 3, 4, 5, 7, 8];
    for (let bit = 0; bit < 15; bit += 1) {
      const isDark = (bits >> bit) & 1;
      this.#fix(8, bit < 8 ? place[bit] : this.size - 15 + bit, isDark);
      this.#fix(bit < 8 ? this.size - 1 - bit : place[14 - bit], 8, isDark);
    }
    this.#fix(8, this.size - 8, true);
  }

  /** Writes codewords from the lower right corner, in columns of two, up and down. */
  write(words) {
    let bit = 0;
    for (let right = this.size - 1, up = true; right > 0; right -= 2, up = !up) {
      if (right === 6) right = 5;
      for (let step = 0; step < this.size; step += 1) {
        const y = up ? this.size - 1 - step : step;
        for (const x of [right, right - 1]) {
          if (this.fixed[y][x]) continue;
          this.dark[y][x] = Boolean((words[bit >> 3] >> (7 - (bit & 7))) & 1);
          bit += 1;
        }
      }
    }
  }

  mask(number) {
    for (let y = 0; y < this.size; y += 1) {
      for (let x = 0; x < this.size; x += 1) {
        if (!this.fixed[y][x] && MASKS[number](x, y) === 0) this.dark[y][x] = !this.dark[y][x];
      }
    }
    this.format(number);
  }

  /** How hard it is to read: long runs, blocks of one colour, what looks like a finder, too much of one colour. */
  get penalty() {
    let sum = 0;
    let count = 0;
    const columns = this.dark[0].map((_, x) => this.dark.map((row) => row[x]));
    for (const line of [...this.dark, ...columns]) {
      const text = line.map((dark) => (dark ? "1" : "0")).join("");
      for (const run of text.match(/0{5,}|1{5,}/g) ?? []) sum += run.length - 2;
      sum += 40 * (text.match(/(?=00001011101|10111010000)/g) ?? []).length;
    }
    for (let y = 0; y < this.size; y += 1) {
      for (let x = 0; x < this.size; x += 1) {
        const dark = this.dark[y][x];
        count += dark;
        const next = this.dark[y + 1];
        if (next && x + 1 < this.size && this.dark[y][x + 1] === dark && next[x] === dark && next[x + 1] === dark) sum += 3;
      }
    }
    return sum + 10 * Math.floor(Math.abs((count * 20) / this.size ** 2 - 10));
  }
}

/** The modules of the code, rows of booleans, true being dark; null where the text is too long. */
export function qrCode(text) {
  const bytes = new TextEncoder().encode(text);
  let version = 1;
  while (version <= 10 && bytes.length * 8 + 4 + lengthBits(version) > room(version) * 8) version += 1;
  if (version > 10) return null;
  const words = interleaved(dataOf(bytes, version), version);
  const grids = MASKS.map((_, mask) => {
    const grid = new Grid(version);
    grid.write(words);
    grid.mask(mask);
    return grid;
  });
  return grids.reduce((best, grid) => (grid.penalty < best.penalty ? grid : best)).dark;
}
