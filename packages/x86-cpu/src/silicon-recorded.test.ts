/** A spread of the vectors recorded by silicon/ through the whole CPU; `pnpm silicon` runs them all. */
/// <reference types="node" />
import { readdirSync, readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { noteFigures } from './testing/figures.js';
import { differences } from './testing/silicon-differences.js';
import { type RecordedForm, unpackForms } from './testing/silicon-format.js';
import { SiliconMachine } from './testing/silicon-machine.js';
import { toSiliconVector } from './testing/silicon-recorded.js';

const FOLDER = new URL('../silicon/recorded/', import.meta.url);
const VECTORS_A_FORM = { fast: 4, reference: 1 } as const;
/** x87, MMX and SSE have more state to be in. */
const LEAST_RECORDED = { integer: 300, multimedia: 500 } as const;

describe.each(readdirSync(FOLDER).sort())('%s', (file) => {
  const forms = [...unpackForms(brotliDecompressSync(readFileSync(new URL(file, FOLDER))))];

  it.each(['fast', 'reference'] as const)('the %s interpreter does what silicon did', (interpreter) => {
    const machine = new SiliconMachine(interpreter);
    const vectors = forms.flatMap((form, i) => spread(form, i, VECTORS_A_FORM[interpreter]));
    const failures = vectors
      .map((vector) => ({ asm: vector.asm, differences: differences(machine, vector) }))
      .filter((failure) => failure.differences.length > 0);
    noteFigures(`silicon, ${interpreter} interpreter`, {
      forms: forms.length,
      vectors: vectors.length,
      disagreements: failures.length,
    });
    expect(failures).toEqual([]);
  });

  it('has at least 300 vectors for each form, and 500 where there are FPU and XMM registers', () => {
    const short = forms.filter((form) => {
      const isInteger = form.vectors[0]?.flavour === 'none';
      return form.vectors.length < LEAST_RECORDED[isInteger ? 'integer' : 'multimedia'];
    });
    expect(short.map((form) => form.name)).toEqual([]);
  });
});

/** So many of the form's vectors, at even distances, from a first that moves from form to form. */
function spread(form: RecordedForm, first: number, count: number) {
  const stride = Math.floor(form.vectors.length / count);
  return form.vectors
    .map((vector, i) => [vector, i] as const)
    .filter(([, i]) => i % stride === first % stride)
    .map(([vector, i]) => toSiliconVector(form, vector, i))
    .filter((vector) => vector.amb !== 'all');
}
