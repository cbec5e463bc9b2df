/** What is not recorded, and why. */
import type { Form } from './forms.js';

type Reason = (form: Form) => boolean;

const isOneOf =
  (...mnemonics: string[]): Reason =>
  (form) =>
    mnemonics.includes(form.row?.mnemonic ?? '');
const hasOpcode =
  (...bytes: number[]): Reason =>
  (form) =>
    form.opcode.every((byte, i) => byte === bytes[i]);

const EXCLUDED: readonly (readonly [reason: string, applies: Reason])[] = [
  ['its result is the host processor itself', isOneOf('CPUID', 'RDTSC')],
  ['Linux emulates it where the processor has UMIP', isOneOf('SGDT', 'SIDT', 'SLDT', 'STR', 'SMSW')],
  ['it enters the host kernel', isOneOf('SYSENTER', 'SYSCALL', 'SYSEXIT', 'SYSRET')],
  ['a hypervisor on AMD processors reports its #DB with the EIP before it', isOneOf('INT1')],
  ['with mod = 3 it is an EVEX or VEX prefix of newer processors', isPrefixOfVectorExtension],
  ['with mod = 3 it is another instruction of newer processors', isOtherInstruction],
  ['on newer processors the hole is an instruction: RDRAND, RDSEED, XSAVEC', hasOpcode(0x0f, 0xc7)],
  ['on processors with SSE3 the hole is FISTTP', isOneOfHoles([0xdb, 1], [0xdd, 1], [0xdf, 1])],
  ['SLDT and STR have siblings here on newer processors', isHole(0x0f, 0x00)],
  ['on newer processors the hole is an instruction', isHole(0x0f, 0x01)],
  ['it is XOP on some processors', isHole(0x8f)],
];

/** The reason why a form is left out, if it is. */
export function excludedBecause(form: Form): string | undefined {
  // CMPXCHG8B shares its opcode with the holes.
  if (form.row?.mnemonic === 'CMPXCHG8B' && form.rm === 'memory') return undefined;
  return EXCLUDED.find(([, applies]) => applies(form))?.[0];
}

function isHole(...bytes: number[]): Reason {
  return (form) => form.row === undefined && hasOpcode(...bytes)(form);
}

function isOneOfHoles(...places: [opcode: number, digit: number][]): Reason {
  return ({ row, opcode, digit }) =>
    row === undefined && places.some((place) => place[0] === opcode[0] && place[1] === digit);
}

/** BOUND, LES and LDS with a register: 62, C4 and C5. */
function isPrefixOfVectorExtension(form: Form): boolean {
  return form.rm === 'register' && ['BOUND', 'LES', 'LDS'].includes(form.row?.mnemonic ?? '');
}

/** LGDT, LIDT and INVLPG with a register: XGETBV, VMRUN, SWAPGS, RDTSCP and the like. */
function isOtherInstruction(form: Form): boolean {
  return form.rm === 'register' && ['LGDT', 'LIDT', 'INVLPG'].includes(form.row?.mnemonic ?? '');
}
