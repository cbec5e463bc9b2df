/** AT&T mnemonics where they are other than Intel's and a suffix (GNU as's manual, "i386-Mnemonics"). */
import type { Insn } from './insn.js';
import { X87_MEMORY_BITS } from './operand.js';

/** Intel's name by AT&T's, for names that are one instruction. */
export const ATT_NAMES: ReadonlyMap<string, string> = new Map([
  ['cbtw', 'CBW'],
  ['cwtl', 'CWDE'],
  ['cwtd', 'CWD'],
  ['cltd', 'CDQ'],
  ['lcall', 'CALL'],
  ['ljmp', 'JMP'],
  ['lret', 'RETF'],
  ['xlat', 'XLATB'],
  ['fwait', 'WAIT'],
]);

/** Of MOVSX and MOVZX both widths are in the name. */
const EXTENDING = /^MOV([SZ])X$/;
/** `Departure:` from Intel that AT&T's assembler made and kept: with the result in ST(i), the two are exchanged. */
const EXCHANGED = /^F(SUB|DIV)(R?)(P?)$/;
const STRING = /^(MOVS|CMPS|STOS|LODS|SCAS|INS|OUTS)[BWD]$/;
/** Have their width in the name even beside an accumulator. */
const SUFFIXED_STRING = /^(MOVS|CMPS|INS|OUTS)/;

/** AT&T's mnemonic without the suffix that memory alone asks for; undefined where it is Intel's. */
export function attMnemonic(insn: Insn, operandSize: 16 | 32): string | undefined {
  const { mnemonic, operands } = insn;
  const [first, second] = operands;
  if (operands.some(({ method }) => method === 'X' || method === 'Y')) return stringName(insn, operandSize);
  const [, extension] = EXTENDING.exec(mnemonic) ?? [];
  if (extension !== undefined) {
    return `mov${extension.toLowerCase()}${second?.width === 8 ? 'b' : 'w'}${operandSize === 16 ? 'w' : 'l'}`;
  }
  if (first?.text === 'Ap' || first?.text === 'Mp') return `l${mnemonic.toLowerCase()}`;
  if (mnemonic === 'CBW') return operandSize === 16 ? 'cbtw' : 'cwtl';
  if (mnemonic === 'CWD') return operandSize === 16 ? 'cwtd' : 'cltd';
  if (mnemonic === 'RETF') return 'lret';
  if (mnemonic === 'XLATB') return 'xlat';
  if (mnemonic === 'WAIT') return 'fwait';
  if (first?.method === 'ST' && second?.method === 'ST0') return exchanged(mnemonic).toLowerCase();
  const x87 = first && X87_MEMORY_BITS.get(first.text);
  return x87 ? `${mnemonic.toLowerCase()}${x87Suffix(first.text)}` : undefined;
}

/** FSUB ST(i),ST(0) is fsubr, FSUBRP ST(i),ST(0) is fsubp; its own inverse. */
export function exchanged(mnemonic: string): string {
  return mnemonic.replace(
    EXCHANGED,
    (_, stem, reversed, pops) => `F${stem}${reversed === '' ? 'R' : ''}${pops}`,
  );
}

/** Suffix of an x87 memory operand: its width, by the integers' letters or the reals'. */
export function x87Suffix(operand: string): string {
  switch (operand) {
    case 'm16int':
    case 'm32fp':
      return 's';
    case 'm32int':
    case 'm64fp':
      return 'l';
    case 'm64int':
      return 'll';
    case 'm80fp':
      return 't';
    default:
      return '';
  }
}

function stringName({ mnemonic, mnemonic32 }: Insn, operandSize: 16 | 32): string {
  const [, stem = mnemonic] = STRING.exec(mnemonic) ?? [];
  if (!SUFFIXED_STRING.test(stem)) return stem.toLowerCase();
  const suffix = mnemonic === mnemonic32 ? 'b' : operandSize === 16 ? 'w' : 'l';
  return `${stem.toLowerCase()}${suffix}`;
}
