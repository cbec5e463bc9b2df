/** The CPU's registers and tables as text. */
import type { Pc } from '@kexec/pc';
import { EFLAGS, registerBytes } from '@kexec/x86-cpu';
import { readGuestMemory } from './guest-memory.js';

type Cpu = Pc['cpu'];

/** General registers, EIP, EFLAGS with the names of its flags, and segments. */
export function describeRegisters(cpu: Cpu): string {
  const row = (names: string) =>
    names
      .split(' ')
      .map((name) => `${name.padEnd(3)} ${hex(registerValue(cpu, name))}`)
      .join('  ');
  return [
    row('eax ebx ecx edx'),
    row('esi edi ebp esp'),
    `eip ${hex(cpu.eip)}  eflags ${hex(cpu.eflags)} [ ${flagNames(cpu.eflags)} ]  cpl ${cpu.cpl}  ${modeOf(cpu)}`,
    ...SEGMENTS.map(([name, index]) => describeSegment(cpu, name, index)),
    '',
  ].join('\n');
}

/** Control registers, debug registers, and what GDTR and IDTR hold. */
export function describeControl(cpu: Cpu): string {
  const { gdtr, idtr } = cpu;
  return [
    `cr0 ${hex(cpu.cr0)}  cr2 ${hex(cpu.cr2)}  cr3 ${hex(cpu.cr3)}  cr4 ${hex(cpu.cr4)}`,
    `gdtr base ${hex(gdtr.base)} limit ${hex(gdtr.limit, 4)}  idtr base ${hex(idtr.base)} limit ${hex(idtr.limit, 4)}`,
    ['dr0', 'dr1', 'dr2', 'dr3', 'dr6', 'dr7']
      .map((name) => `${name} ${hex(registerValue(cpu, name))}`)
      .join('  '),
    '',
  ].join('\n');
}

/** The GDT, a descriptor a line; those that are all zero are left out. */
export function describeGdt(pc: Pc): string {
  const { base, limit } = pc.cpu.gdtr;
  return describeTable(pc, base, Math.min(limit, 0xffff), 8, (low, high, selector) => {
    const baseOf = ((high & 0xff00_0000) | ((high & 0xff) << 16) | (low >>> 16)) >>> 0;
    const units = (high & 0x000f_0000) | (low & 0xffff);
    const limitOf = high & 0x0080_0000 ? ((units << 12) | 0xfff) >>> 0 : units;
    const attributes = (high >>> 8) & 0xf0ff;
    return `${hex(selector, 4)}  base ${hex(baseOf)}  limit ${hex(limitOf)}  ${describeAttributes(attributes)}`;
  });
}

/** The IDT, a gate a line; in real-address mode the vectors that differ from their neighbours. */
export function describeIdt(pc: Pc): string {
  const { base, limit } = pc.cpu.idtr;
  if ((pc.cpu.cr0 & 1) === 0) {
    return describeTable(pc, base, Math.min(limit, 0x3ff), 4, (low, _, at) => {
      return `${hex(at / 4, 2)}  ${hex(low >>> 16, 4)}:${hex(low & 0xffff, 4)}`;
    });
  }
  return describeTable(pc, base, Math.min(limit, 0x7ff), 8, (low, high, at) => {
    const offset = ((high & 0xffff_0000) | (low & 0xffff)) >>> 0;
    const kind = GATES[(high >>> 8) & 0x1f] ?? 'no gate';
    const state = high & 0x8000 ? `dpl ${(high >>> 13) & 3}` : 'not present';
    return `${hex(at / 8, 2)}  ${hex(low >>> 16, 4)}:${hex(offset)}  ${kind}, ${state}`;
  });
}

/** Runs of linear addresses that are mapped to a run of physical addresses with the same rights. */
export function describePaging({ cpu }: Pc): string {
  if (cpu.cr0 >>> 31 === 0) return 'paging is off: linear addresses are physical\n';
  const lines: string[] = [];
  let run: Mapping | undefined;
  for (let laddr = 0; laddr < 2 ** 32; laddr += PAGE_BYTES) {
    const page = mappingAt(cpu, laddr);
    if (run && page && page.rights === run.rights && page.paddr === run.paddr + (laddr - run.laddr)) continue;
    if (run) lines.push(describeMapping(run, laddr));
    run = page;
  }
  if (run) lines.push(describeMapping(run, 2 ** 32));
  return `${lines.join('\n') || 'no page is present'}\n`;
}

interface Mapping {
  readonly laddr: number;
  readonly paddr: number;
  readonly rights: string;
}

const PAGE_BYTES = 0x1000;

function mappingAt(cpu: Cpu, laddr: number): Mapping | undefined {
  const paddr = cpu.translate(laddr);
  if (paddr === undefined) return undefined;
  const user = cpu.translate(laddr, { user: true }) !== undefined;
  const write = cpu.translate(laddr, { write: true, user }) !== undefined;
  return { laddr, paddr, rights: `${user ? 'u' : '-'}${write ? 'w' : 'r'}` };
}

function describeMapping({ laddr, paddr, rights }: Mapping, end: number): string {
  return `${hex(laddr)}-${hex(end - 1)}  to ${hex(paddr)}  ${rights}`;
}

const SEGMENTS: readonly (readonly [name: string, index: number])[] = [
  ['cs', 1],
  ['ss', 2],
  ['ds', 3],
  ['es', 0],
  ['fs', 4],
  ['gs', 5],
  ['ldt', 6],
  ['tr', 7],
];

/** SDM Vol. 3A, Table 3-2 "System-Segment and Gate-Descriptor Types"; S is clear in all of them. */
const GATES: Readonly<Record<number, string>> = {
  5: 'task gate',
  6: '16-bit interrupt gate',
  7: '16-bit trap gate',
  14: '32-bit interrupt gate',
  15: '32-bit trap gate',
};

function describeSegment(cpu: Cpu, name: string, index: number): string {
  const { selector, base, limit, attributes } = cpu.getSegment(index);
  const place = `${name.padEnd(3)} ${hex(selector, 4)}  base ${hex(base)}  limit ${hex(limit)}`;
  return `${place}  ${describeAttributes(attributes)}`;
}

/** Bits as in segment.ts of x86-cpu: G, D/B, P, DPL, S, type. */
function describeAttributes(attributes: number): string {
  if ((attributes & 0x80) === 0) return 'not present';
  const type = attributes & 0xf;
  const width = attributes & 0x4000 ? '32-bit' : '16-bit';
  const kind =
    (attributes & 0x10) === 0
      ? `system type ${type}`
      : type & 8
        ? `${width} code${type & 2 ? ', readable' : ''}${type & 4 ? ', conforming' : ''}`
        : `${width} data${type & 2 ? ', writable' : ''}${type & 4 ? ', expand-down' : ''}`;
  return `${kind}, dpl ${(attributes >>> 5) & 3}`;
}

/** The entries of a table that are not all zero; it ends where it is not mapped. */
function describeTable(
  pc: Pc,
  base: number,
  limit: number,
  entryBytes: 4 | 8,
  describe: (low: number, high: number, offset: number) => string,
): string {
  const bytes = readGuestMemory(pc, base, limit + 1);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lines: string[] = [];
  for (let offset = 0; offset + entryBytes <= bytes.length; offset += entryBytes) {
    const low = view.getUint32(offset, true);
    const high = entryBytes === 8 ? view.getUint32(offset + 4, true) : 0;
    if (low !== 0 || high !== 0) lines.push(describe(low, high, offset));
  }
  if (bytes.length <= limit) lines.push(`nothing is mapped at ${hex(base + bytes.length)}`);
  return `${lines.join('\n') || 'the table is empty'}\n`;
}

/** In the order of the manual's picture. */
const FLAG_NAMES = ['ID', 'VIP', 'VIF', 'AC', 'VM', 'RF', 'NT', 'OF', 'DF', 'IF', 'TF'] as const;
const ARITHMETIC_NAMES = ['SF', 'ZF', 'AF', 'PF', 'CF'] as const;

function flagNames(eflags: number): string {
  return [...FLAG_NAMES, ...ARITHMETIC_NAMES].filter((name) => eflags & EFLAGS[name]).join(' ');
}

/** SDM Vol. 3A, 2.2 "Modes of Operation". */
function modeOf(cpu: Cpu): string {
  if ((cpu.cr0 & 1) === 0) return 'real-address mode';
  if (cpu.eflags & EFLAGS.VM) return 'virtual-8086 mode';
  return cpu.cr0 >>> 31 ? 'protected mode, paging' : 'protected mode';
}

function registerValue(cpu: Cpu, name: string): number {
  const bytes = registerBytes(name)?.get(cpu);
  return bytes ? new DataView(bytes.buffer).getUint32(0, true) : 0;
}

const hex = (value: number, digits = 8) => (value >>> 0).toString(16).padStart(digits, '0');
