/** The state to run an instruction from: pointers that point somewhere, and operands that make it do something. */
import type { Decoded } from '../src/decode/decoded.js';
import type { RecordedState } from '../src/testing/silicon-format.js';
import { type FxFlavour, fxBackground } from '../src/testing/silicon-fx-noise.js';
import { type Noise, operandWord } from '../src/testing/silicon-noise.js';
import { Draft, EAX, EBP, EBX, ECX, EDI, EDX, ES, ESI, ESP, Unsafe } from './draft.js';
import { type Encoding, little } from './encodings.js';
import { shiftCount } from './immediates.js';
import { placeVectorOperands } from './multimedia-operands.js';
import {
  CODE_SELECTORS,
  GOOD_CODE_SELECTORS,
  isUnreadable,
  pickInner,
  pickOffset,
  SELECTORS,
} from './segments.js';

/** TF would trap after the recording's own INT3. */
const TF = 0x100;
/** Hosts in long mode have no IRET by task switch. */
const NT = 0x4000;

const STACK = /^(PUSH|POP|CALL|RET|ENTER|LEAVE|IRET)/;
const SHIFT = /^(ROL|ROR|RCL|RCR|SHL|SHR|SAR|SHLD|SHRD)$/;
const STRING = /^(MOVS|CMPS|STOS|LODS|SCAS|INS|OUTS)[BWD]$/;
const LOAD_POINTER = /^L[DEFGS]S$/;
const BIT = /^BT[SRC]?$/;
/** Instructions whose memory operand is an address and no more. */
const NO_ACCESS = /^(LEA|NOP|UD[012])$/;

/** A state for this encoding; throws Unsafe where the random choices came out wrong. */
export function makeState(encoding: Encoding, seed: number, flavour: FxFlavour, noise: Noise): RecordedState {
  const draft = new Draft(encoding, seed, noise);
  const { decoded } = encoding;
  const fx = flavour === 'none' ? undefined : fxBackground(seed, flavour);
  if (decoded === undefined) {
    // #UD: should the host know the instruction after all, it finds addresses that do no harm.
    for (let i = 0; i < 8; i++) draft.set(i, 0x3000_0100 + noise.below(0x800));
    return draft.finish(fx);
  }
  if (fx) {
    placeVectorOperands(draft, decoded);
    return draft.finish(fx);
  }
  const { mnemonic } = decoded.insn;
  const usesStack = STACK.test(mnemonic);
  const top = usesStack ? draft.placeStack() : 0;
  if (!NO_ACCESS.test(mnemonic) && decoded.address) {
    draft.placeOperand(decoded, usesStack);
    draft.put(draft.operandAt);
  }
  if (usesStack) fillStack(draft, decoded, top);
  else if (STRING.test(mnemonic)) strings(draft, decoded);
  else if (SHIFT.test(mnemonic)) draft.setLow(ECX, shiftCount(noise));
  else if (LOAD_POINTER.test(mnemonic)) {
    const offset = little(operandWord(noise), decoded.operandSize / 8);
    draft.put(draft.operandAt, [...offset, ...little(noise.pick(SELECTORS), 2)]);
  } else if (BIT.test(mnemonic)) bitString(draft, decoded);
  else RULES[mnemonic]?.(draft, decoded);
  // The rule may have moved a register that the address is made of.
  if (!NO_ACCESS.test(mnemonic) && decoded.address) {
    draft.linear(decoded.address.segment, draft.effectiveOffset(decoded));
  }
  for (const operand of decoded.operands) {
    // Where the target is bad and the stack too, the order decides.
    if (draft.isStackAtEdge && (operand.kind === 'far' || operand.kind === 'relative')) {
      const offset = operand.kind === 'far' ? operand.offset : operand.value + encoding.eip;
      if ((offset & 0xfff_ffff) > 0x1f00) throw new Unsafe();
    }
    if (draft.isStackAtEdge && operand.kind === 'far') {
      if (!GOOD_CODE_SELECTORS.some((selector) => selector === operand.selector)) throw new Unsafe();
    }
    if (operand.kind === 'far') draft.avoidSelf(0x2000_0000 + (operand.offset & 0xffff));
  }
  return draft.finish();
}

const RULES: Readonly<Record<string, (draft: Draft, decoded: Decoded) => void>> = {
  DIV: (draft, decoded) => dividend(draft, decoded, false),
  IDIV: (draft, decoded) => dividend(draft, decoded, true),
  CMPXCHG: (draft, decoded) => {
    if (draft.noise.percent(50)) return;
    if (decoded.address) draft.put(draft.operandAt, little(draft.register(EAX), 4));
    else if (decoded.operands[0]?.kind === 'register' && decoded.operands[0].size !== 8) {
      draft.set(EAX, draft.operandRegister(0));
    } else draft.setLow(EAX, draft.operandRegister(0));
  },
  CMPXCHG8B: (draft) => {
    if (draft.noise.percent(50)) return;
    draft.put(draft.operandAt, [...little(draft.register(EAX), 4), ...little(draft.register(EDX), 4)]);
  },
  XLATB: (draft, decoded) => {
    draft.placeString(EBX, decoded.dataSegment, decoded.addressSize, [...draft.base.bytes]);
    const offset = draft.register(EBX) - (draft.register(EAX) & 0xff);
    draft.set(EBX, offset, decoded.addressSize);
    if (offset < 0) throw new Unsafe();
  },
  JCXZ: counter,
  LOOP: counter,
  LOOPE: counter,
  LOOPNE: counter,
  JMP: (draft, decoded) => transfer(draft, decoded),
  BOUND: (draft, { operandSize }) => {
    const index = draft.operandRegister(0);
    const near = () => index + draft.noise.below(64) - 20;
    const bounds = draft.noise.percent(50)
      ? [index - draft.noise.below(64), index + draft.noise.below(64)]
      : [near(), near()];
    draft.put(
      draft.operandAt,
      bounds.flatMap((bound) => little(bound, operandSize / 8)),
    );
  },
  MOV: (draft, decoded) => {
    if (decoded.operands[0]?.kind === 'segment') draft.setOperand(1, draft.noise.pick(SELECTORS));
  },
  ARPL: (draft) => draft.setOperand(0, draft.noise.pick(SELECTORS)),
  VERR: (draft) => draft.setOperand(0, draft.noise.pick(SELECTORS)),
  VERW: (draft) => draft.setOperand(0, draft.noise.pick(SELECTORS)),
  LAR: (draft) => draft.setOperand(1, draft.noise.pick(SELECTORS)),
  LSL: (draft) => draft.setOperand(1, draft.noise.pick(SELECTORS)),
};

function counter(draft: Draft, { addressSize }: Decoded): void {
  draft.set(ECX, draft.noise.pick([0, 1, 1, 2, operandWord(draft.noise)]), addressSize);
}

/** Half of the dividends are small enough for a quotient that fits. */
function dividend(draft: Draft, decoded: Decoded, isSigned: boolean): void {
  const { noise } = draft;
  const [operand] = decoded.operands;
  const size = operand && 'size' in operand ? operand.size : 32;
  if (noise.percent(30)) return;
  const isNegative = isSigned && noise.percent(50);
  const high = (isNegative ? -1 : 0) + (noise.percent(50) ? 0 : noise.below(0x40) * (isNegative ? -1 : 1));
  if (size === 8) draft.set(EAX, (high << 8) | noise.below(256), 16);
  else draft.set(EDX, high, size === 16 ? 16 : 32);
}

/** Bit offsets reach over the operand's neighbours, on both sides. */
function bitString(draft: Draft, decoded: Decoded): void {
  const [, bit] = decoded.operands;
  if (bit?.kind !== 'register' || !decoded.address) return;
  const { noise } = draft;
  const offset = noise.percent(60) ? noise.below(0x200) - 0x100 : noise.below(0x1_0000) - 0x8000;
  draft.setOperand(1, offset);
  const element = (offset >> (decoded.operandSize === 16 ? 4 : 5)) * (decoded.operandSize / 8);
  const at = draft.linear(decoded.address.segment, draft.effectiveOffset(decoded));
  draft.put(at + element);
}

function strings(draft: Draft, decoded: Decoded): void {
  const { noise } = draft;
  const { addressSize, operandSize } = decoded;
  if (decoded.rep !== 0) draft.set(ECX, noise.percent(85) ? noise.below(8) : noise.below(40), addressSize);
  const bytes = [...draft.base.bytes];
  // REPE and REPNE stop where the elements begin or cease to be equal.
  const other = bytes.map((byte) => (noise.percent(97) ? byte : byte ^ 0x40));
  const repeated = little(draft.register(EAX), 4);
  const scanned = bytes.map((byte, i) => (noise.percent(96) ? (repeated[i % (operandSize / 8)] ?? 0) : byte));
  const isScan = decoded.insn.mnemonic.startsWith('SCAS');
  // Where both operands of CMPS fault, the order decides, which is nowhere said.
  const isPair = decoded.insn.mnemonic.startsWith('CMPS');
  const isSourceBad = isUnreadable(draft.selector(decoded.dataSegment));
  const isOtherBad = isUnreadable(draft.selector(ES));
  if (isPair && isSourceBad && isOtherBad) throw new Unsafe();
  const isSourceFree = isSourceBad || noise.percent(50);
  const pickSource = isPair && (!isSourceFree || isOtherBad) ? pickInner : pickOffset;
  const pickOther = isPair && isSourceFree && !isOtherBad ? pickInner : pickOffset;
  for (const { method } of decoded.insn.operands) {
    if (method === 'X') draft.placeString(ESI, decoded.dataSegment, addressSize, bytes, pickSource);
    if (method === 'Y') {
      draft.placeString(EDI, ES, addressSize, isScan ? scanned : other, pickOther);
    }
  }
}

/** What POP, RET and their like find; for PUSH and CALL, the operands. */
function fillStack(draft: Draft, decoded: Decoded, top: number): void {
  const { noise } = draft;
  const { mnemonic, operands } = decoded.insn;
  const size = decoded.operandSize / 8;
  const word = (value: number) => little(value, size);
  const flags = () => operandWord(noise) & ~(TF | NT);
  if (mnemonic === 'CALL') transfer(draft, decoded);
  else if (mnemonic === 'POPF') draft.put(top, word(flags() | (noise.percent(20) ? NT : 0)));
  else if (mnemonic === 'RET') draft.put(top, word(draft.target(draft.codeSelector, decoded.operandSize)));
  else if (mnemonic === 'RETF' || mnemonic === 'IRET') {
    const selector = noise.pick(draft.isStackAtEdge ? GOOD_CODE_SELECTORS : CODE_SELECTORS);
    const offset = draft.target(selector, decoded.operandSize);
    draft.put(top, [...word(offset), ...word(selector), ...word(flags())]);
  } else if (mnemonic === 'POP' && operands[0]?.method === 'segment') {
    draft.put(top, [...little(noise.pick(SELECTORS), 2), ...draft.base.bytes.subarray(0, 6)]);
  } else {
    draft.put(top, [...draft.base.bytes.subarray(16, 64)]);
    if (mnemonic === 'LEAVE' || mnemonic === 'ENTER') frame(draft);
  }
}

/** EBP points to a frame of its own. */
function frame(draft: Draft): void {
  const esp = draft.register(ESP);
  const at = draft.placeStack();
  draft.set(EBP, draft.register(ESP), draft.stackBits);
  draft.set(ESP, esp);
  draft.put(at - 16, [...draft.base.bytes.subarray(0, 32)]);
}

/** JMP and CALL by register or memory, near and far. */
function transfer(draft: Draft, decoded: Decoded): void {
  const { operandSize, operands, insn } = decoded;
  const [operand] = operands;
  if (operand?.kind === 'memory' && insn.operands[0]?.text === 'Mp') {
    const selector = draft.noise.pick(draft.isStackAtEdge ? GOOD_CODE_SELECTORS : CODE_SELECTORS);
    const offset = little(draft.target(selector, operandSize), operandSize / 8);
    draft.put(draft.operandAt, [...offset, ...little(selector, 2)]);
  } else if (operand?.kind === 'memory' || operand?.kind === 'register') {
    const target = draft.target(draft.codeSelector, operandSize);
    // CALL ESP pushes where it goes.
    const isStack = operand.kind === 'register' && operand.index === ESP && insn.mnemonic === 'CALL';
    if (isStack && ((target & 0xffff) - 0x100) >>> 0 > 0x1e00) throw new Unsafe();
    draft.setOperand(0, target);
  }
}
