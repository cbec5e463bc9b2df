/** Memory operands of x87, MMX and SSE: where they lie, and what of their formats is in them. */
import type { Decoded } from '../src/decode/decoded.js';
import { type OperandKind, operandNoise } from '../src/testing/silicon-fx-noise.js';
import { type Draft, EDI, Unsafe } from './draft.js';

const VECTOR_BYTES = 16;
const SEGMENT_16_BYTES = 0x1_0000;
/** The x87's formats as the rows write them. */
const X87_KINDS: Readonly<Record<string, OperandKind>> = {
  m32fp: 'single',
  m64fp: 'double',
  m80fp: 'extended',
  m80bcd: 'decimal',
};
const BY_MNEMONIC: Readonly<Record<string, OperandKind>> = {
  FLDCW: 'control',
  LDMXCSR: 'mxcsr',
  FXRSTOR: 'image',
};
const BY_SIZE: Readonly<Record<string, Readonly<Record<16 | 32, OperandKind>>>> = {
  FLDENV: { 16: 'environment-16', 32: 'environment-32' },
  FRSTOR: { 16: 'state-16', 32: 'state-32' },
};

/** Places the instruction's memory operand, if it has one, and fills it. */
export function placeVectorOperands(draft: Draft, decoded: Decoded): void {
  const { mnemonic, operands } = decoded.insn;
  if (mnemonic.startsWith('MASKMOV')) {
    draft.placeString(EDI, decoded.dataSegment, decoded.addressSize, [...draft.base.bytes]);
  }
  if (!decoded.address) return;
  const isWide = mnemonic.startsWith('FX') || operands.some(({ vectorBits }) => vectorBits === 128);
  // Of the rest most are misaligned.
  draft.placeOperand(decoded, false, isWide && draft.noise.percent(85) ? VECTOR_BYTES : 1);
  // Where a part is past the limit and another on a missing page, the order of the accesses decides.
  const offset = draft.effectiveOffset(decoded);
  if (offset < SEGMENT_16_BYTES && offset + bytesOf(decoded) > SEGMENT_16_BYTES) throw new Unsafe();
  const kind = kindOf(decoded);
  if (kind === 'raw') draft.put(draft.operandAt);
  else draft.put(draft.operandAt, operandNoise(draft.seed, kind));
}

/** Of an operand that takes several accesses, at most. */
function bytesOf({ insn }: Decoded): number {
  if (insn.mnemonic.startsWith('FX')) return 512;
  const memory = insn.operands[0]?.text ?? '';
  if (/^m(14|94)/.test(memory)) return 108;
  return memory.startsWith('m80') ? 10 : 0;
}

function kindOf({ insn, operandSize }: Decoded): OperandKind {
  const { mnemonic } = insn;
  const known = BY_MNEMONIC[mnemonic] ?? BY_SIZE[mnemonic]?.[operandSize];
  if (known) return known;
  const memory = insn.operands.find(({ method }) => 'MEQW'.includes(method))?.text ?? '';
  if (X87_KINDS[memory]) return X87_KINDS[memory];
  if (/^CVTT?[PS]S2|[PS]S$/.test(mnemonic)) return 'single';
  return /^CVTT?[PS]D2|[PS]D$/.test(mnemonic) ? 'double' : 'raw';
}
