/** Rewrites src/asm/gas-vectors.ts: the bytes that GNU as gives for each line. Run: node scripts/record-gas-vectors.mjs */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const VECTORS = new URL('../src/asm/gas-vectors.ts', import.meta.url);
const ROW = /^ {2}\[(16|32), '([^']*)', '[0-9a-f]*'\],$/gm;

const folder = mkdtempSync(join(tmpdir(), 'gas-vectors-'));
try {
  const text = readFileSync(VECTORS, 'utf8');
  const rows = [...text.matchAll(ROW)].map(([, bits, line]) => ({ bits, line }));
  const bytes = assembleAll(rows);
  let at = 0;
  writeFileSync(
    VECTORS,
    text.replace(ROW, (_, bits, line) => `  [${bits}, '${line}', '${bytes[at++]}'],`),
  );
  console.log(`${rows.length} vectors recorded with ${run('as', '--version').toString().split('\n')[0]}`);
} finally {
  rmSync(folder, { recursive: true });
}

/** Assembles all lines in one go; the label before each tells its length. */
function assembleAll(rows) {
  const lines = rows.map(({ bits, line }, i) => `.code${bits}\nL${i}: ${inGasDialect(line, bits)}`);
  const source = ['.intel_syntax noprefix', ...lines, `L${rows.length}:`, ''].join('\n');
  writeFileSync(join(folder, 'source.s'), source);
  run('as', '--32', '-mnaked-reg', 'source.s', '-o', 'object.o');
  run('objcopy', '-O', 'binary', '-j', '.text', 'object.o', 'code.bin');
  const code = readFileSync(join(folder, 'code.bin'));
  const addresses = new Map(
    run('nm', 'object.o')
      .toString()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([address, , name]) => [name, Number.parseInt(address, 16)]),
  );
  return rows.map((_, i) =>
    code.subarray(addresses.get(`L${i}`), addresses.get(`L${i + 1}`)).toString('hex'),
  );
}

/** Ours is NASM's dialect: sizes without PTR, segments inside the brackets, `$` for the place. */
function inGasDialect(line, bits) {
  return line
    .replaceAll('$', '.')
    .replace(/\bfar \[/, `${bits === '32' ? 'fword' : 'dword'} ptr [`)
    .replace(/\[(\w\w):(?=0x)/, '$1:[')
    .replace(/\[(\w\w):/, '$1:[')
    .replace(/([ ,])(\[0x)/, '$1ds:$2')
    .replace(/\b(byte|word|dword) (?=(\w\w:)?\[)/, '$1 ptr ');
}

function run(command, ...options) {
  return execFileSync(command, options, { cwd: folder });
}
