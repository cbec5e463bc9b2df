/** Runs every recorded vector: `pnpm --filter @kexec/x86-cpu silicon [family …]`; exits with 1 on any difference. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { disassemble } from '../src/disasm.js';
import { differences } from '../src/testing/silicon-differences.js';
import { unpackForms } from '../src/testing/silicon-format.js';
import { SiliconMachine, type SiliconVector } from '../src/testing/silicon-machine.js';
import { toSiliconVector } from '../src/testing/silicon-recorded.js';
import { allForms } from './forms.js';

/** The reference interpreter is slower, and takes every so many of the vectors. */
const REFERENCE_STRIDE = 8;
const SHOWN_A_FORM = 3;

const [sources = '', ...chosen] = process.argv.slice(2);
const folder = join(sources, 'recorded');
const fast = new SiliconMachine('fast');
const reference = new SiliconMachine('reference');
const names = new Set<string>();
const total = { forms: 0, vectors: 0, executed: 0, undefined: 0, disagreements: 0 };

for (const file of readdirSync(folder).sort()) {
  if (chosen.length > 0 && !chosen.includes(file.replace('.br', ''))) continue;
  const before = { ...total };
  for (const form of unpackForms(brotliDecompressSync(readFileSync(join(folder, file))))) {
    let shown = 0;
    total.forms++;
    names.add(form.name);
    for (const [i, recorded] of form.vectors.entries()) {
      const vector = toSiliconVector(form, recorded, i);
      total.vectors++;
      if (vector.amb === 'all') {
        total.undefined++;
        continue;
      }
      for (const machine of i % REFERENCE_STRIDE === 0 ? [fast, reference] : [fast]) {
        total.executed++;
        const found = differences(machine, vector);
        if (found.length === 0) continue;
        total.disagreements++;
        if (shown++ < SHOWN_A_FORM) show(vector, recorded.encoding.code, found);
      }
    }
    if (shown > SHOWN_A_FORM) console.log(`  and ${shown - SHOWN_A_FORM} more of ${form.name}`);
  }
  const count = (name: keyof typeof total) => total[name] - before[name];
  console.log(
    `${file}: ${count('forms')} forms, ${count('vectors')} vectors, ${count('disagreements')} disagreements`,
  );
}
console.log(
  `${total.forms} forms, ${total.vectors} vectors (${total.undefined} undefined), ` +
    `${total.executed} executions, ${total.disagreements} disagreements`,
);
const missing = allForms().filter((form) => !names.has(form.name));
if (chosen.length === 0)
  console.log(`${missing.length} forms have no vectors: ${missing.map(({ name }) => name).join(', ')}`);
process.exitCode = total.disagreements === 0 ? 0 : 1;

function show(vector: SiliconVector, code: readonly number[], found: readonly string[]): void {
  const { text } = disassemble(Uint8Array.from(code), { at: vector.i.ip, bits: vector.m });
  const words = (list: readonly number[]) => list.map((word) => word.toString(16)).join(' ');
  console.log(`${vector.asm} ${text} (${vector.m} bits): ${found.join('; ')}`);
  console.log(
    `    from ${words(vector.i.r)} | ${words(vector.i.seg)} | ${vector.i.fl.toString(16)} ${vector.o.ev}`,
  );
}
