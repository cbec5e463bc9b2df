/** Operands of a decoded instruction in AT&T syntax, in AT&T's order: the destination last. */
import type { Decoded, DecodedOperand, EffectiveAddress } from '../decode/decoded.js';
import type { OperandCode } from '../isa/operand.js';
import { GENERAL_REGISTER_NAMES, SEGMENT_REGISTER_NAMES } from '../isa/register-names.js';
import { DS, SS } from '../state/layout.js';
import { formatNumber, formatPlace, type NumberStyle } from './format-number.js';
import { branchTarget } from './format-operand.js';

const BX = 3;
const SP = 4;
const BP = 5;
const SI = 6;
const DI = 7;

/** Keep Intel's order: as's manual, "AT&T Syntax versus Intel Syntax", and two immediates. */
const UNREVERSED: ReadonlySet<string> = new Set(['ENTER', 'BOUND']);
/** The top of the stack is not written beside another x87 register. */
const HIDES_TOP: ReadonlySet<string> = new Set(['FXCH', 'FCOM', 'FCOMP', 'FUCOM', 'FUCOMP']);

/** Every operand that is written, in order. */
export function formatAttOperands(decoded: Decoded, at: number, style: NumberStyle): string[] {
  const { insn, operands } = decoded;
  const implied = impliedOperands(decoded);
  if (implied !== undefined) return implied;
  const codes = insn.operands.filter((code) => !code.implied);
  const texts = operands.flatMap((operand, i) => {
    const code = codes[i];
    if (code === undefined || (HIDES_TOP.has(insn.mnemonic) && code.method === 'ST0')) return [];
    return isHiddenTen(decoded, operand) ? [] : formatOperand(operand, code, decoded, at, style);
  });
  return UNREVERSED.has(insn.mnemonic) ? texts : texts.reverse();
}

/** SDM Vol. 2A, "AAM": the mnemonic without an operand means base ten. */
function isHiddenTen({ insn }: Decoded, operand: DecodedOperand): boolean {
  return /^AA[MD]$/.test(insn.mnemonic) && operand.kind === 'immediate' && operand.value === 10;
}

function formatOperand(
  operand: DecodedOperand,
  code: OperandCode,
  decoded: Decoded,
  at: number,
  style: NumberStyle,
): string | string[] {
  switch (operand.kind) {
    case 'register':
      return registerOperand(operand.size, operand.index, code, decoded);
    case 'segment':
      return `%${SEGMENT_REGISTER_NAMES[operand.index]}`;
    case 'control':
      return `%cr${operand.index}`;
    case 'debug':
      return `%db${operand.index}`;
    case 'test':
      return `%tr${operand.index}`;
    case 'x87':
      return code.method === 'ST0' ? '%st' : `%st(${operand.index})`;
    case 'mmx':
      return `%mm${operand.index}`;
    case 'xmm':
      return `%xmm${operand.index}`;
    case 'immediate':
      return `$${formatNumber(operand.value, style)}`;
    case 'relative':
      return formatPlace(branchTarget(operand.value, decoded, at), style);
    case 'far':
      // Put in reverse by the caller: ljmp $selector,$offset.
      return [`$${formatNumber(operand.offset, style)}`, `$${formatNumber(operand.selector, style)}`];
    case 'memory':
      return `${star(decoded)}${formatAddress(decoded, style)}`;
  }
}

/** CALL and JMP through a register or memory. */
function star({ insn }: Decoded): string {
  return insn.mnemonic === 'CALL' || insn.mnemonic === 'JMP' ? '*' : '';
}

function registerOperand(size: 8 | 16 | 32, index: number, code: OperandCode, decoded: Decoded): string {
  const name = `%${GENERAL_REGISTER_NAMES[size][index]}`;
  const { mnemonic } = decoded.insn;
  if (code.text === 'DX' && (mnemonic === 'IN' || mnemonic === 'OUT')) return `(${name})`;
  return `${star(decoded)}${name}`;
}

function formatAddress({ insn, address, addressSize }: Decoded, style: NumberStyle): string {
  if (address === undefined) return '';
  const segment = insn.mnemonic === 'LEA' ? '' : segmentPrefix(address);
  const { base, index, scale, displacement } = address;
  if (base < 0 && index < 0) return `${segment}${formatPlace(displacement, style)}`;
  const names = GENERAL_REGISTER_NAMES[addressSize];
  const indexText = index < 0 ? '' : `,%${names[index]}${scale > 0 ? `,${1 << scale}` : ''}`;
  const baseText = base < 0 ? '' : `%${names[base]}`;
  return `${segment}${signedDisplacement(displacement, addressSize, style)}(${baseText}${indexText})`;
}

function signedDisplacement(displacement: number, addressSize: 16 | 32, style: NumberStyle): string {
  const signed = addressSize === 16 ? (displacement << 16) >> 16 : displacement;
  if (signed === 0) return '';
  return signed < 0 ? `-${formatNumber(-signed, style)}` : formatNumber(signed, style);
}

/** The segment register, unless it is the one that the address has without it. */
function segmentPrefix({ segment, base }: EffectiveAddress): string {
  const usual = base === SP || base === BP ? SS : DS;
  return segment === usual ? '' : `%${SEGMENT_REGISTER_NAMES[segment]}:`;
}

/** Operands that AT&T syntax writes though the opcode implies them: those of strings and of XLAT. */
function impliedOperands(decoded: Decoded): string[] | undefined {
  const { insn, operandSize, addressSize, dataSegment } = decoded;
  const names = GENERAL_REGISTER_NAMES[addressSize];
  const source = (index: number) => `%${SEGMENT_REGISTER_NAMES[dataSegment]}:(%${names[index]})`;
  if (insn.mnemonic === 'XLATB') return [source(BX)];
  if (!insn.operands.some(({ method }) => method === 'X' || method === 'Y')) return undefined;
  return insn.operands
    .map(({ method, width, text }) => {
      if (method === 'X') return source(SI);
      if (method === 'Y') return `%es:(%${names[DI]})`;
      if (text === 'DX') return '(%dx)';
      return `%${GENERAL_REGISTER_NAMES[width === 'v' ? operandSize : 8][0]}`;
    })
    .reverse();
}
