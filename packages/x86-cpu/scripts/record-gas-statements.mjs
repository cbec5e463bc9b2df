/** Rewrites src/asm/gas-statements.ts: the bytes that GNU as gives for each text. Run: node scripts/record-gas-statements.mjs */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const VECTORS = new URL('../src/asm/gas-statements.ts', import.meta.url);
const ROW = /^ {2}\[('(?:[^'\\]|\\.)*'), '[0-9a-f]*'\],$/gm;

const folder = mkdtempSync(join(tmpdir(), 'gas-statements-'));
try {
  let count = 0;
  const text = readFileSync(VECTORS, 'utf8').replace(ROW, (_, literal) => {
    count++;
    return `  [${literal}, '${assembled(textOf(literal))}'],`;
  });
  writeFileSync(VECTORS, text);
  console.log(`${count} texts recorded with ${run('as', '--version').toString().split('\n')[0]}`);
} finally {
  rmSync(folder, { recursive: true });
}

/** @param {string} literal a TypeScript string in single quotes */
function textOf(literal) {
  return literal.slice(1, -1).replace(/\\(.)/g, '$1');
}

/** @param {string} text */
function assembled(text) {
  writeFileSync(join(folder, 'source.s'), `.code32\n${text}\n`);
  run('as', '--32', 'source.s', '-o', 'object.o');
  // Linked at 0, so that references to labels have their values.
  run('ld', '-m', 'elf_i386', '-Ttext', '0', '-e', '0', '--oformat', 'binary', 'object.o', '-o', 'code.bin');
  return readFileSync(join(folder, 'code.bin')).toString('hex');
}

/** @param {string} command @param {string[]} options */
function run(command, ...options) {
  return execFileSync(command, options, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
}
