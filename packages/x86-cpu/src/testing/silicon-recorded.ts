/** Recorded forms as vectors for the silicon machine, with the masks that the manual asks for. */
import { decode } from '../decode/decode.js';
import type { Decoded } from '../decode/decoded.js';
import { isEmptyPortString, partialFault } from './partial-faults.js';
import type {
  BytesAt,
  RecordedForm,
  RecordedOutcome,
  RecordedState,
  RecordedVector,
} from './silicon-format.js';
import type { SiliconVector } from './silicon-machine.js';
import { hasUndefinedResult, undefinedFlags } from './undefined-flags.js';

/** All that EFLAGS has; what is never compared is left out later. */
const ALL_FLAGS = 0x3f_7fd7;
const HAS_ERROR_CODE: ReadonlySet<number | 'ok'> = new Set([8, 10, 11, 12, 13, 14, 17]);
const PAGE_FAULT = 14;
const ECX = 1;

/** One vector of a form; `amb` is 'all' where the manual leaves even the result undefined. */
export function toSiliconVector(form: RecordedForm, vector: RecordedVector, id: number): SiliconVector {
  const { encoding, input, outcome } = vector;
  const code = hex(encoding.code);
  return {
    id,
    n: form.name,
    c: form.family,
    m: encoding.codeSize,
    asm: `${form.name}: ${code}`,
    code,
    i: state(input),
    o: end(outcome),
    fm: ALL_FLAGS,
    ...masks(vector),
  };
}

/** What of the outcome is not compared. */
function masks({ encoding, input, outcome }: RecordedVector): Partial<SiliconVector> {
  const decoded = decode((at) => encoding.code[at] ?? 0, encoding.codeSize);
  if (typeof decoded === 'string') return {};
  const ecx = input.registers[ECX] ?? 0;
  if (hasUndefinedResult(decoded, ecx & 0xff) || isEmptyPortString(decoded, ecx)) return { amb: 'all' };
  // An instruction whose successor could not be fetched has completed.
  const isFault = outcome.event !== 'ok' && outcome.eip === input.eip;
  if (!isFault) {
    return { fm: ALL_FLAGS & ~undefinedFlags(decoded, ecx & 0xff), dc: undefinedMemory(decoded, outcome) };
  }
  const { address, stores, registers } = partialFault(decoded);
  return {
    ...(address ? { amb: 'cr2' } : {}),
    ...(stores ? { dc: outcome.memory.map(([at, bytes]): [number, number] => [at, bytes.length]) } : {}),
    ...(registers ? { o: { ...end(outcome), r: input.registers } } : {}),
  };
}

function end(outcome: RecordedOutcome): SiliconVector['o'] {
  const { event } = outcome;
  return {
    ...state(outcome),
    ev: event,
    ...(HAS_ERROR_CODE.has(event) ? { err: outcome.errorCode } : {}),
    ...(event === PAGE_FAULT ? { cr2: outcome.cr2 } : {}),
  };
}

function state({ registers, eip, eflags, segments, memory }: RecordedState) {
  const mem = memory.map(([at, bytes]: BytesAt) => [at, hex(bytes)] as const);
  return { r: registers, ip: eip, fl: eflags, seg: segments, mem };
}

/**
 * The upper half of a selector pushed with a 32-bit operand size: "PUSH—Push Word, Doubleword or Quadword Onto
 * the Stack" (SDM Vol. 2B) lets a processor leave it as it was; far CALL pushes CS in the same way.
 */
function undefinedMemory(decoded: Decoded, { memory }: RecordedState): [number, number][] {
  const { insn, operandSize, operands } = decoded;
  const isSelector = insn.mnemonic === 'PUSH' && insn.operands[0]?.method === 'segment';
  const isFarCall =
    insn.mnemonic === 'CALL' && (operands[0]?.kind === 'far' || insn.operands[0]?.text === 'Mp');
  if (operandSize === 16 || !(isSelector || isFarCall)) return [];
  return memory.map(([at, bytes]) => [at + (isFarCall ? bytes.length - 2 : 2), 2]);
}

function hex(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
