/** Immediates worth trying: what the instruction makes of them decides. */
import type { OperandCode } from '../src/isa/operand.js';
import { type Noise, operandWord } from '../src/testing/silicon-noise.js';
import type { Form } from './forms.js';

const SHIFTS = ['ROL', 'ROR', 'RCL', 'RCR', 'SHL', 'SHR', 'SAR', 'SHLD', 'SHRD'];
/** Vectors of INT that Linux answers without a signal. */
const SYSTEM_CALL = 0x80;

/** The value of an immediate of `size` bytes. */
export function immediateFor(form: Form, operand: OperandCode, size: number, noise: Noise): number {
  const mnemonic = form.row?.mnemonic ?? '';
  if (SHIFTS.includes(mnemonic)) return shiftCount(noise);
  if (/^CMP[PS][SD]$/.test(mnemonic)) return noise.below(8);
  if (/^PS[RL]/.test(mnemonic)) return noise.percent(80) ? noise.below(72) : noise.below(256);
  if (mnemonic === 'INT') return interruptVector(noise);
  if (mnemonic === 'ENTER') return operand.width === 8 ? enterLevel(noise) : noise.below(0x60);
  if (mnemonic === 'RET' || mnemonic === 'RETF') return noise.below(0x40);
  // AAM divides by its immediate.
  if (mnemonic === 'AAM' || mnemonic === 'AAD') return noise.percent(40) ? 10 : operandWord(noise);
  return size === 1 && noise.percent(50) ? noise.below(256) : operandWord(noise);
}

/** Most counts are 0 to 33; the processor masks the others. */
export function shiftCount(noise: Noise): number {
  return noise.percent(70) ? noise.below(34) : noise.below(256);
}

function interruptVector(noise: Noise): number {
  const vector = noise.percent(30) ? noise.below(32) : noise.below(256);
  return vector === SYSTEM_CALL ? 0x81 : vector;
}

function enterLevel(noise: Noise): number {
  return noise.percent(80) ? noise.below(5) : noise.below(256);
}
