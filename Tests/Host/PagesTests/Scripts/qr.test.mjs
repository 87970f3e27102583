import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { load } from "./support.mjs";

const { qrCode } = await load("qr.mjs");

/** A picture of the code, six points a module, with the quiet zone that the standard wants. */
function graymap(modules) {
  const [scale, quiet] = [6, 4];
  const size = (modules.length + 2 * quiet) * scale;
  const points = Buffer.alloc(size * size, 255);
  modules.forEach((row, y) =>
    row.forEach((dark, x) => {
      for (let line = 0; dark && line < scale; line += 1) {
        points.fill(0, ((y + quiet) * scale + line) * size + (x + quiet) * scale, ((y + quiet) * scale + line) * size + (x + quiet + 1) * scale);
      }
    }),
  );
  return Buffer.concat([Buffer.from(`P5 ${size} ${size} 255\n`), points]);
}

test("a reader of codes that is not ours reads every version", () => {
  const folder = mkdtempSync(join(tmpdir(), "codes-"));
  const lengths = [1, 14, 15, 26, 27, 42, 43, 62, 63, 84, 85, 106, 107, 122, 123, 152, 153, 180, 181, 213];
  const texts = ["http://10.0.0.2:8080/live/main", "会場", ...lengths.map((length) => "x".repeat(length - 1) + "Z")];
  texts.forEach((text, index) => writeFileSync(join(folder, `${String(index).padStart(2, "0")}.pgm`), graymap(qrCode(text))));
  const files = texts.map((_, index) => join(folder, `${String(index).padStart(2, "0")}.pgm`));
  const read = execFileSync("zbarimg", ["--quiet", "--raw", ...files], { stdio: ["ignore", "pipe", "ignore"] });
  assert.deepEqual(read.toString().trimEnd().split("\n"), texts);
  rmSync(folder, { recursive: true });
});

test("what does not fit is no code", () => {
  assert.equal(qrCode("x".repeat(214)), null);
});
