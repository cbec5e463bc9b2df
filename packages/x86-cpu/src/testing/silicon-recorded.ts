/** Recorded forms as vectors for the silicon machine, with the masks that the manual asks for. */
import { decode } from '../decode/decode.js';
import type { Decoded } from '../decode/decoded.js';
import { STATUS_ES } from '../state/fpu.js';
import { isEmptyPortString, partialFault } from './partial-faults.js';
import type {
  BytesAt,
  RecordedForm,
  RecordedOutcome,
  RecordedState,
  RecordedVector,
} from './silicon-format.js';
import type { SiliconFx } from './silicon-fx.js';
import { fxMasks, isEmptyStore } from './silicon-fx-masks.js';
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
  if (isEmptyStore(decoded, input, outcome)) return { amb: 'all' };
  // An instruction whose successor could not be fetched has completed.
  const isFault = outcome.event !== 'ok' && outcome.eip === input.eip;
  if (!isFault) {
    return {
      fm: ALL_FLAGS & ~undefinedFlags(decoded, ecx & 0xff),
      dc: undefinedMemory(decoded, outcome),
      ...fxMasks(decoded, input),
    };
  }
  const { address, stores, registers } = partialFault(decoded);
  return {
    ...(address ? { amb: 'cr2' } : {}),
    ...(stores ? { dc: outcome.memory.map(([at, bytes]): [number, number] => [at, bytes.length]) } : {}),
    ...(registers ? { o: { ...end({ ...outcome, fx: input.fx }), r: input.registers } } : {}),
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

function state({ registers, eip, eflags, segments, memory, fx }: RecordedState) {
  const mem = memory.map(([at, bytes]: BytesAt) => [at, hex(bytes)] as const);
  const whole = { r: registers, ip: eip, fl: eflags, seg: segments, mem };
  return fx ? { ...whole, fx: fxOf(fx) } : whole;
}

/**
 * The pointers to the instruction of a waiting exception: without one AMD's processors do not save them (AMD64
 * Architecture Programmer's Manual Vol. 5, "FXSAVE"). FCS and FDS are not in the image, for the host's kernel saves 64-bit pointers.
 */
function pointers(view: DataView): Pick<SiliconFx, 'fop' | 'fip' | 'fdp'> {
  if ((view.getUint16(2, true) & STATUS_ES) === 0) return {};
  return {
    fop: view.getUint16(6, true),
    fip: view.getUint32(8, true),
    fdp: view.getUint32(16, true),
  };
}

/** Fields of an FXSAVE image. */
function fxOf(image: Uint8Array): SiliconFx {
  const view = new DataView(image.buffer, image.byteOffset);
  const register = (at: number, bytes: number) => hex([...image.subarray(at, at + bytes)]);
  const each = (make: (i: number) => string) => Array.from({ length: 8 }, (_, i) => make(i));
  return {
    cw: view.getUint16(0, true),
    sw: view.getUint16(2, true),
    tw: view.getUint8(4),
    mx: view.getUint32(24, true),
    ...pointers(view),
    st: each((i) => register(32 + 16 * i, 10)),
    xmm: each((i) => register(160 + 16 * i, 16)),
  };
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
