/** Purgatory: the segment that checks the others, and gives a new kernel the machine state that its entry wants. */
import type { PhysAddr } from '@kexec/phys-mem';
import type { CrashBackup } from './crash/prepare-crash.js';
import { sha256 } from './decompress/sha256.js';
import { type Field, writeField } from './field.js';
import type { Segment } from './placement.js';
import { PURGATORY_HEX, PURGATORY_LABELS } from './purgatory/purgatory.bytes.js';
import { PURGATORY_REGIONS, PURGATORY_STACK_TOP } from './purgatory/purgatory.s.js';
import { REAL_MODE_HEX, REAL_MODE_LABELS } from './purgatory/real-mode.bytes.js';
import { type PurgatoryConsole, purgatoryConsoles } from './purgatory-console.js';

/** Bytes of code, then of its own memory and its stack. */
export const PURGATORY_BYTES = PURGATORY_STACK_TOP + 8;
const PURGATORY_CODE = fromHex(PURGATORY_HEX);
const REAL_MODE_CODE = fromHex(REAL_MODE_HEX);
/** Bytes of the way back to real mode, which follows the purgatory. */
export const REAL_MODE_BYTES = REAL_MODE_CODE.length;

/** SHA-256's block, and the step in which the purgatory reads memory. */
const BLOCK_BYTES = 64;

/** The general registers at a 32-bit entry; those left out are 0, esp is the end of the purgatory's stack. */
export interface EntryRegisters {
  readonly eip: PhysAddr;
  readonly eax?: number;
  readonly ebx?: number;
  readonly ecx?: number;
  readonly edx?: number;
  readonly esi?: number;
  readonly edi?: number;
  readonly ebp?: number;
  /** Lies on the stack as the first argument of a C function, under a return address of 0; esp is below it. */
  readonly stackArgument?: number;
}

/** The addresses that the code needs, and what it verifies. */
export interface PurgatoryLink {
  /** Where its first byte, its entry, will lie. */
  readonly mem: PhysAddr;
  readonly registers: EntryRegisters;
  /** Segments that are verified: their bytes, and zeros up to `memsz`; undefined for no check. */
  readonly verified: readonly Pick<Segment, 'bytes' | 'mem' | 'memsz'>[] | undefined;
  readonly console?: PurgatoryConsole | undefined;
  /** Memory from 0 on that is copied before a crash kernel uses it. */
  readonly backup?: CrashBackup | undefined;
}

/** The same for the way back to real mode. */
export interface RealModeLink {
  /** Where its first byte, its entry, will lie: on a paragraph below 1 MB. */
  readonly mem: PhysAddr;
  readonly cs: number;
  readonly ip: number;
  /** Goes into DS, ES, FS and GS. */
  readonly ds: number;
  readonly ss: number;
  readonly sp: number;
}

/**
 * The purgatory's bytes with its addresses written in.
 *
 * Departure: the purgatory of kexec-tools goes round in silence when the digest is another; this one says what it
 * found, and halts.
 */
export function linkPurgatory(link: PurgatoryLink): Uint8Array {
  const code = new Uint8Array(PURGATORY_BYTES);
  code.set(PURGATORY_CODE);
  const { mem, registers, verified } = link;
  const { stackArgument } = registers;
  const labels = PURGATORY_LABELS;
  const write = (offset: number, value: number) => writeField(code, dword(offset), value);
  write(labels.load_address, mem);
  write(labels.gdt_base, mem + labels.gdt);
  write(labels.entry_pointer, mem + labels.entry_eip);
  for (const name of REGISTERS) write(labels[`entry_${name}`], registers[name] ?? 0);
  write(labels.entry_esp, mem + (stackArgument === undefined ? PURGATORY_BYTES : PURGATORY_STACK_TOP));
  write(PURGATORY_STACK_TOP + 4, stackArgument ?? 0);
  const { announce, alarm, serialBase, serialDivisor, resetVga } = purgatoryConsoles(link.console);
  code[labels.announce] = announce;
  code[labels.alarm] = alarm;
  code[labels.reset] = resetVga ? 1 : 0;
  write(labels.serial_base, serialBase);
  write(labels.serial_divisor, serialDivisor);
  write(labels.backup_to, link.backup?.to ?? 0);
  write(labels.backup_dwords, (link.backup?.bytes ?? 0) / 4);
  if (verified) writeCheck(code, mem, verified);
  return code;
}

const REGISTERS = ['eip', 'eax', 'ebx', 'ecx', 'edx', 'esi', 'edi', 'ebp'] as const;

// The last row is the end of the message, which lies in the purgatory itself.
function writeCheck(code: Uint8Array, mem: PhysAddr, verified: NonNullable<PurgatoryLink['verified']>): void {
  const labels = PURGATORY_LABELS;
  const padded = verified.map(({ bytes }) => Math.ceil(bytes.length / BLOCK_BYTES) * BLOCK_BYTES);
  const row = (index: number, start: number, blockBytes: number, zeroBytes: number) => {
    const words = [start, blockBytes / BLOCK_BYTES, zeroBytes / 4];
    for (const [i, word] of words.entries())
      writeField(code, dword(labels.regions + 12 * index + 4 * i), word);
  };
  for (const [index, segment] of verified.entries()) {
    const digested = padded[index] ?? 0;
    row(index, segment.mem, digested, segment.memsz - digested);
  }
  row(PURGATORY_REGIONS - 1, mem + labels.message_end, BLOCK_BYTES, 0);
  const total = padded.reduce((sum, bytes) => sum + bytes, 0);
  const end = new DataView(code.buffer, labels.message_end, BLOCK_BYTES);
  end.setUint8(0, 0x80);
  end.setUint32(BLOCK_BYTES - 8, Math.floor(total / 2 ** 29));
  end.setUint32(BLOCK_BYTES - 4, (total * 8) >>> 0);
  const parts = verified.flatMap(({ bytes }, index) => [
    bytes,
    new Uint8Array((padded[index] ?? 0) - bytes.length),
  ]);
  const digest = new DataView(sha256(...parts).buffer);
  for (let i = 0; i < 8; i++) writeField(code, dword(labels.digest + 4 * i), digest.getUint32(4 * i));
  code[labels.checks] = 1;
}

/** The bytes of the way back to real mode, with its addresses written in. */
export function linkRealMode(link: RealModeLink): Uint8Array {
  const code = REAL_MODE_CODE.slice();
  const labels = REAL_MODE_LABELS;
  const half = (offset: number, value: number) => writeField(code, { offset, bytes: 2 }, value);
  writeField(code, dword(labels.load_address), link.mem);
  half(labels.entry16, link.ip);
  half(labels.entry16 + 2, link.cs);
  half(labels.data_segment, link.ds);
  half(labels.stack_segment, link.ss);
  half(labels.stack_pointer, link.sp);
  return code;
}

function fromHex(lines: readonly string[]): Uint8Array {
  const hex = lines.join('');
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  );
}

function dword(offset: number): Field & { readonly bytes: 4 } {
  return { offset, bytes: 4 };
}
