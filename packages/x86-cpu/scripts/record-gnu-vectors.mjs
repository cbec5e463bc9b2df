/**
 * Rewrites test-data/gnu: how objdump writes an instruction of every row, and the bytes that GNU as makes of its text.
 * Run: node scripts/record-gnu-vectors.mjs. A line has bytes, AT&T text and as's bytes, by tabs; the line's
 * number, from 0, times 16 is its address. `.` in a branch is that address. `-` stands where as refuses the text.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'tsup';

const SLOT_BYTES = 16;
const here = fileURLToPath(new URL('.', import.meta.url));
const vectors = join(here, '../test-data/gnu');
const folder = mkdtempSync(join(tmpdir(), 'gnu-vectors-'));
try {
  await build({
    config: false,
    entry: { samples: join(here, '../src/testing/row-samples.ts') },
    outDir: folder,
    format: 'esm',
    noExternal: [/^@kexec\//],
    outExtension: () => ({ js: '.mjs' }),
    silent: true,
  });
  const { rowSamples } = await import(pathToFileURL(join(folder, 'samples.mjs')).href);
  mkdirSync(vectors, { recursive: true });
  for (const bits of [16, 32]) record(bits, rowSamples(bits));
} finally {
  rmSync(folder, { recursive: true });
}

/** @param {16 | 32} bits @param {readonly Uint8Array[]} samples */
function record(bits, samples) {
  const slots = Buffer.alloc(SLOT_BYTES * samples.length, 0x90);
  for (const [i, sample] of samples.entries()) slots.set(sample, SLOT_BYTES * i);
  writeFileSync(join(folder, 'slots.bin'), slots);
  const att = objdump(bits);

  const rows = samples.map((sample, i) => {
    const address = SLOT_BYTES * i;
    return { sample, att: textAt(att, address) };
  });
  const assembled = assembleAll(
    bits,
    rows.map(({ att }) => att.text),
  );
  const lines = rows.map(({ sample, att }, i) => {
    const hex = Buffer.from(sample).toString('hex');
    // Another length than ours is told by its bytes.
    const bytes = att.bytes === hex ? hex : `${hex}!=${att.bytes}`;
    return [bytes, att.text, assembled[i]].join('\t');
  });
  writeFileSync(join(vectors, `${bits}.txt`), `${lines.join('\n')}\n`);
  console.log(
    `${rows.length} instructions in ${bits}-bit code, ${run('objdump', '--version').split('\n')[0]}`,
  );
}

/** @param {16 | 32} bits @returns {Map<number, { bytes: string, text: string }>} by address */
function objdump(bits) {
  const machine = bits === 16 ? 'i8086' : 'i386';
  const options = ['-D', '-z', '-b', 'binary', '-m', machine, '-M', 'att', '--insn-width=16', 'slots.bin'];
  const lines = run('objdump', ...options).split('\n');
  const found = new Map();
  for (const line of lines) {
    const [, address, bytes, text] = /^ *([0-9a-f]+):\t([0-9a-f ]+?) *\t(.*)$/.exec(line) ?? [];
    if (address === undefined) continue;
    const at = Number.parseInt(address, 16);
    found.set(at, { bytes: bytes.replaceAll(' ', ''), text: tidy(text, at) });
  }
  return found;
}

/** Single blanks, no comments, and branch targets from the line's address. */
function tidy(text, at) {
  return text
    .replace(/\s+#.*|\s+<.*>/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^(.*\b(?:j\w+|call[wl]?|loop\w*) )0x([0-9a-f]+)$/, (_, start, target) => {
      return `${start}. + ${Number.parseInt(target, 16) - at}`;
    });
}

function textAt(lines, address) {
  return lines.get(address) ?? { bytes: '', text: '(bad)' };
}

/** The bytes that as makes of each line at its address, or '-'. */
function assembleAll(bits, texts) {
  const refused = new Set(texts.flatMap((text, i) => (text.includes('(bad)') ? [i] : [])));
  for (;;) {
    const lines = texts.map(
      (text, i) => `.org ${SLOT_BYTES * i}; S${i}: ${refused.has(i) ? '' : text}; E${i}:`,
    );
    writeFileSync(join(folder, 'source.s'), [`.code${bits}`, ...lines, ''].join('\n'));
    const { status, stderr } = spawnSync('as', ['--32', 'source.s', '-o', 'object.o'], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (status === 0) break;
    const failed = [...stderr.matchAll(/^source\.s:(\d+): Error: (.*)/gm)];
    if (failed.length === 0) throw new Error(stderr);
    for (const [, line, why] of failed) {
      console.log(`as refuses ${texts[Number(line) - 2]}: ${why}`);
      refused.add(Number(line) - 2);
    }
  }
  run('objcopy', '-O', 'binary', '-j', '.text', 'object.o', 'code.bin');
  const code = readFileSync(join(folder, 'code.bin'));
  const ends = new Map(
    run('nm', 'object.o')
      .split('\n')
      .map((line) => line.split(' '))
      .map(([address, , name]) => [name, Number.parseInt(address, 16)]),
  );
  return texts.map((_, i) =>
    refused.has(i) ? '-' : code.subarray(SLOT_BYTES * i, ends.get(`E${i}`)).toString('hex'),
  );
}

function run(command, ...options) {
  return execFileSync(command, options, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 });
}
