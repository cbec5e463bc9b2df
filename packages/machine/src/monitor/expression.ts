/** Addresses and values as they are typed: numbers, registers, symbols, `segment:offset`, and sums of these. */
import type { Pc } from '@kexec/pc';
import { KexecError } from '@kexec/phys-mem';
import { registerBytes } from '@kexec/x86-cpu';
import type { Symbols } from './symbols.js';

/**
 * The value of what was typed, as uint32.
 *
 * @param text - such as `0x1000`, `1000`, `esp+4`, `start_kernel`, `[esp]`, `f000:fff0` (both hexadecimal)
 * @throws KexecError EXPRESSION
 */
export function evaluate(text: string, { cpu }: Pc, symbols: Symbols): number {
  const far = /^([0-9a-f]{1,4}):([0-9a-f]{1,8})$/i.exec(text);
  if (far) return ((Number.parseInt(far[1] ?? '', 16) << 4) + Number.parseInt(far[2] ?? '', 16)) >>> 0;
  const terms = text.match(/[+-]?[^+-]+/g);
  if (!terms || terms.join('') !== text) throw unknown(text);
  let sum = 0;
  for (const term of terms) {
    const value = valueOfTerm(term.replace(/^[+-]/, ''), cpu, symbols);
    if (value === undefined) throw unknown(term);
    sum += term.startsWith('-') ? -value : value;
  }
  return sum >>> 0;
}

function valueOfTerm(term: string, cpu: Pc['cpu'], symbols: Symbols): number | undefined {
  if (/^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(term)) return Number(term);
  const indirect = /^\[(.+)\]$/.exec(term)?.[1];
  if (indirect !== undefined) {
    const at = valueOfTerm(indirect, cpu, symbols);
    const bytes = at === undefined ? undefined : cpu.readLinear(at, 4);
    return bytes && new DataView(bytes.buffer).getUint32(0, true);
  }
  const name = term.replace(/^[$%]/, '');
  const register = registerBytes(name);
  if (register?.size === 4) {
    const bytes = register.get(cpu);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  }
  if (name === 'pc') return (cpu.getSegment(1).base + cpu.eip) >>> 0;
  return symbols.addressOf(term);
}

function unknown(text: string): KexecError {
  return new KexecError('EXPRESSION', `"${text}" is no number, register or symbol`, {
    remedy: 'Write 0x1000, eax, [esp], f000:fff0, or a name from --symbols; sums of these too.',
  });
}
