/** Records all forms: silicon/recorded/<family>.br, one file a family. `node run.mjs generate [family …]`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { packForms, type RecordedForm, type RecordedVector } from '../src/testing/silicon-format.js';
import { Noise } from '../src/testing/silicon-noise.js';
import { Unsafe } from './draft.js';
import { type Encoding, makeEncoding } from './encodings.js';
import { allForms, type Form } from './forms.js';
import { NativeMachine, type Question } from './native.js';
import { makeState } from './states.js';

const VECTORS_A_FORM = { none: 300, x87: 1000, integer: 500, single: 500, double: 500 } as const;
/** An immediate is part of the encoding, so such forms have more of them. */
const STATES_AN_ENCODING = { immediate: 3, other: 10 } as const;
const ATTEMPTS = 50;

const [sources = '', ...chosen] = process.argv.slice(2);
const recorded = join(sources, 'recorded');
mkdirSync(recorded, { recursive: true });
const machine = new NativeMachine(sources);
const forms = allForms();
let total = 0;
for (const family of new Set(forms.map((form) => form.family))) {
  if (chosen.length > 0 && !chosen.includes(family)) continue;
  const members = forms.filter((form) => form.family === family).map(record);
  const vectors = members.reduce((sum, form) => sum + form.vectors.length, 0);
  const packed = packForms(members);
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
  const compressed = brotliCompressSync(packed, { params: quality });
  writeFileSync(join(recorded, `${family}.br`), compressed);
  total += vectors;
  console.log(`${family}: ${members.length} forms, ${vectors} vectors, ${compressed.length} bytes`);
}
machine.close();
console.log(`${total} vectors`);

function record(form: Form): RecordedForm {
  const firstSeed = hash(form.name);
  const questions = ask(form, firstSeed);
  const outcomes = machine.run(questions);
  const vectors: RecordedVector[] = [];
  for (const [i, question] of questions.entries()) {
    const outcome = outcomes[i];
    if (outcome === undefined) throw new Error(`${form.name}: ${hex(question.encoding.code)} did not end`);
    vectors.push({ ...question, outcome });
  }
  return { name: form.name, family: form.family, firstSeed, vectors };
}

function ask(form: Form, firstSeed: number): Question[] {
  const noise = new Noise(firstSeed);
  const questions: Question[] = [];
  const hasImmediate = form.row?.operands.some(({ method }) => 'IOJA'.includes(method)) ?? false;
  const states = hasImmediate ? STATES_AN_ENCODING.immediate : STATES_AN_ENCODING.other;
  const wanted = VECTORS_A_FORM[form.flavour];
  while (questions.length < wanted) {
    const encoding = makeEncoding(form, noise);
    for (let i = 0; i < states; i++) {
      const question = attempt(form, encoding, firstSeed + questions.length, noise);
      if (question === undefined) break;
      questions.push(question);
    }
  }
  return questions;
}

/** A safe state for the encoding, if one is found. */
function attempt({ flavour }: Form, encoding: Encoding, seed: number, noise: Noise): Question | undefined {
  for (let i = 0; i < ATTEMPTS; i++) {
    try {
      return { encoding, seed, flavour, input: makeState(encoding, seed, flavour, noise) };
    } catch (error) {
      if (!(error instanceof Unsafe)) throw error;
    }
  }
  return undefined;
}

/** FNV-1a, so that a form keeps its vectors whatever other forms there are. */
function hash(text: string): number {
  let value = 0x811c_9dc5;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 0x0100_0193);
  return value >>> 0;
}

function hex(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
