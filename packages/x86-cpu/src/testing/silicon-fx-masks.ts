/** What of the FPU and XMM registers is not compared with a recording, by mnemonic. */
import type { Decoded } from '../decode/decoded.js';
import { STATUS_C1 } from '../state/fpu.js';
import type { RecordedOutcome, RecordedState } from './silicon-format.js';
import type { SiliconVector } from './silicon-machine.js';

/** Accurate to one unit in the last place (SDM Vol. 1, 8.3.10 "Transcendental Instruction Accuracy"). */
const TRANSCENDENTAL = /^(F2XM1|FYL2X|FYL2XP1|FPTAN|FPATAN|FSIN|FCOS|FSINCOS)$/;
/** Accurate to a relative error of 1.5 · 2^-12 (SDM Vol. 2B, "RCPPS" and "RSQRTPS"). */
const APPROXIMATION = /^(RCP|RSQRT)[PS]S$/;
/** They clear C1 in "FCOMI/FCOMIP/FUCOMI/FUCOMIP", FPU Flags Affected; AMD's processors leave it. */
const COMPARISON_TO_EFLAGS = /^FU?COMIP?$/;
const MASKED_STORE = /^MASKMOV/;
const PAGE_FAULT = 14;
const ST_AT = 32;
const XMM_AT = 160;
/** Upper half of MXCSR_MASK in an FXSAVE image: AMD's processors have a bit 17 in MXCSR, MM. */
const MXCSR_MASK_HIGH = 0x1e;
const ALL_BUT_C1 = 0xffff & ~STATUS_C1;

/** The masks of an instruction that completed. The first bytes that a vector puts into memory are its operand. */
export function fxMasks({ insn }: Decoded, { memory }: RecordedState): Partial<SiliconVector> {
  const { mnemonic } = insn;
  if (TRANSCENDENTAL.test(mnemonic)) return { ulps: 1, swm: ALL_BUT_C1 };
  if (APPROXIMATION.test(mnemonic)) return { approx: 1 };
  if (COMPARISON_TO_EFLAGS.test(mnemonic)) return { swm: ALL_BUT_C1 };
  if (mnemonic === 'FXSAVE')
    return { dc: memory.slice(0, 1).map(([at]) => [at + MXCSR_MASK_HIGH, 2] as const) };
  return {};
}

/**
 * A masked store that stores nothing: whether it faults is left open ("MASKMOVQ—Store Selected Bytes of Quadword",
 * SDM Vol. 2B).
 */
export function isEmptyStore(
  { insn, operands }: Decoded,
  { fx }: RecordedState,
  { event }: RecordedOutcome,
): boolean {
  const mask = operands[1];
  if (event !== PAGE_FAULT || !fx || !MASKED_STORE.test(insn.mnemonic)) return false;
  if (mask?.kind !== 'mmx' && mask?.kind !== 'xmm') return false;
  const bytes =
    mask.kind === 'mmx' ? mmxBytes(fx, mask.index) : fx.subarray(XMM_AT + 16 * mask.index).subarray(0, 16);
  return bytes.every((byte) => byte < 0x80);
}

/** MMn is the physical x87 register n; an image begins with ST(0). */
function mmxBytes(fx: Uint8Array, index: number): Uint8Array {
  const top = ((fx[3] ?? 0) >> 3) & 7;
  return fx.subarray(ST_AT + 16 * ((index - top) & 7)).subarray(0, 8);
}
