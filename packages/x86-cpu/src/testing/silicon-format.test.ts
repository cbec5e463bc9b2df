/** What packForms() packs, unpackForms() reads. */
import { describe, expect, it } from 'vitest';
import { packForms, type RecordedForm, unpackForms } from './silicon-format.js';
import { fxBackground } from './silicon-fx-noise.js';
import { background } from './silicon-noise.js';

const SEED = 0xffff_ffff;
const encoding = {
  codeSize: 32,
  code: [0x01, 0xc8],
  eip: 0x2000_0100,
  segments: [43, 35, 43, 43, 0, 0],
} as const;
const seeded = background(SEED);
const input = {
  registers: seeded.registers.map((value, i) => (i === 3 ? 0x3000_0010 : value)),
  eip: encoding.eip,
  eflags: seeded.eflags,
  segments: encoding.segments,
  memory: [
    [0x3000_0010, [...seeded.bytes.subarray(0, 16)]],
    [0x9000, [1, 2, 3]],
  ],
  fx: undefined,
} as const;

function form(outcome: object): RecordedForm {
  const whole = {
    ...input,
    event: 'ok',
    errorCode: 0,
    cr2: 0,
    memory: [],
    fx: undefined,
    eip: encoding.eip + 2,
    ...outcome,
  } as const;
  return {
    name: '01 ADD Ev,Gv 32 register',
    family: 'arithmetic',
    firstSeed: SEED,
    vectors: [{ encoding, seed: SEED, flavour: 'none', input, outcome: whole }],
  };
}

describe('a packed form', () => {
  it.each([
    [
      'an instruction that changed registers, flags and memory',
      { registers: [0, 1, 2, 3, 4, 5, 6, 7], eflags: 0x246, memory: [[0x3000_0010, [9]]] },
    ],
    ['a page fault with its address', { event: 14, errorCode: 7, cr2: 0xffff_fffc, eip: encoding.eip }],
    ['a divide error, which is vector 0', { event: 0, eip: encoding.eip }],
    ['a branch backward, to another code segment', { eip: 0x10, segments: [43, 7, 43, 43, 0, 0] }],
  ])('keeps %s', (_, outcome) => {
    const made = form(outcome);
    expect([...unpackForms(packForms([made]))]).toEqual([made]);
  });

  it.each([
    ['TOP, and so the place of every register', (fx: Uint8Array) => fx.set([0x38 ^ (fx[3] ?? 0)], 3)],
    ['one register', (fx: Uint8Array) => fx.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 32 + 3 * 16)],
    ['a dword of XMM7', (fx: Uint8Array) => fx.set([1, 2, 3, 4], 288 - 8)],
    ['MXCSR', (fx: Uint8Array) => fx.set([0x3f], 24)],
  ])('keeps an FXSAVE image that differs in %s', (_, change) => {
    const before = fxBackground(SEED, 'x87');
    const after = before.map((byte, i) => (i >= 32 && i < 160 && (i & 15) >= 10 ? 0 : byte));
    change(after);
    const made = form({ fx: after });
    const vectors = made.vectors.map(
      (v) => ({ ...v, flavour: 'x87', input: { ...v.input, fx: before } }) as const,
    );
    expect([...unpackForms(packForms([{ ...made, vectors }]))]).toEqual([{ ...made, vectors }]);
  });

  it('takes no more than its head says: a column that has ended is an error', () => {
    const bytes = packForms([form({})]);
    expect(() => [...unpackForms(bytes.subarray(0, bytes.length - 1))]).toThrow('has ended');
  });
});
