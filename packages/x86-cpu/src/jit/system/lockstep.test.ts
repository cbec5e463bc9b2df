/** Flags and segments of system code: the fast ways of handlers and of regions against the rows, over random loops. */
/// <reference types="node" />
import { createPhysMem } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../asm.js';
import { type Cpu, type CpuOptions, createCpu } from '../../cpu.js';
import { CS, DS, ES, FS, GS, LDTR, SS } from '../../state/layout.js';
import { random } from '../../testing/random.js';

const RAM_BYTES = 0x4_0000;
const [GDT, IDT, CODE, DATA, STACK] = [0x1000, 0x1800, 0x2000, 0x1_0000, 0x1_8000];
const COUNT = DATA + 0x800;
const FLAT = { base: 0, limit: 0xffff_ffff };
const RUNS = Number(process.env.LOCKSTEP_RUNS ?? 150);
const SLICES = 12;
const INTERRUPT = 0x20;

/** Flat code and data; not accessed; 4 KB at 100; read-only; expand-down; readable code; absent; DPL 3; of 10 bytes. */
const DESCRIPTORS = [
  [0, 0],
  [0xffff, 0x00cf_9b00],
  [0xffff, 0x00cf_9300],
  [0xffff, 0x00cf_9200],
  [0x0100_0fff, 0x0040_9300],
  [0xffff, 0x00cf_9100],
  [0x0fff, 0x0040_9700],
  [0xffff, 0x00cf_9b00],
  [0xffff, 0x00cf_1300],
  [0xffff, 0x00cf_f300],
  [0x0009, 0x0040_9300],
] as const;
const SELECTORS = [
  0, 3, 0x10, 0x10, 0x12, 0x13, 0x18, 0x20, 0x28, 0x30, 0x38, 0x40, 0x48, 0x4b, 0x50, 0x58, 0x14,
];

/** R: a data segment register; S: a selector; D: a displacement; F: flags. */
const TEMPLATES =
  `push ds|push es|push fs|push gs|push cs|push ss|mov eax, R|mov ax, R|mov [ebp+D], R|mov ecx, ss
push dword S;pop R|push dword S;pop R|mov eax, S;mov R, ax|mov edx, S;mov R, dx|mov R, [ebp+D]|mov eax, 16;mov ss, ax;nop
pushfd;pop edx|pushfd;xor dword [esp], F;popfd|pushfd;or dword [esp], 512;popfd|pushfd;popfd|cli|sti|sti;nop|cli;sti|sti;inc eax
mov eax, [fs:16]|mov ecx, [ebp+D]|mov edx, [ebx]|mov [es:edi], eax|mov [gs:edi], ecx|add eax, ecx|cmp eax, ecx|inc edx|dec ecx
adc eax, edx|jz $+3;nop|jc $+3;inc eax|mov eax, 16;mov ds, ax|mov eax, 16;mov es, ax|push eax;pop ecx|pushf;popf|push word 16;pop cx`
    .split(/[|\n]/)
    .map((line) => line.trim());
const FLAGS = [
  1, 4, 0x10, 0x40, 0x80, 0x800, 0x8d5, 0x200, 0x400, 0x600, 0x100, 0x3000, 0x4000, 0x4_0000, 0x20_0000,
];

function computer(options: Partial<CpuOptions>): Cpu {
  const board = {
    readPort: () => 0,
    writePort: () => {},
    acknowledgeInterrupt: () => {
      cpu.setInterruptLine(false);
      return INTERRUPT;
    },
  };
  const cpu = createCpu({ mem: createPhysMem({ ramBytes: RAM_BYTES }), board, ...options });
  return cpu;
}

function randomLines(next: () => number): string[] {
  const pick = <T>(list: readonly T[]): T => list[next() % list.length] as T;
  const template = pick(TEMPLATES)
    .replace(/\bR\b/g, pick(['ds', 'es', 'fs', 'gs']))
    .replace(/\bS\b/g, String(pick(SELECTORS)))
    .replace(/\bD\b/g, String(4 * (next() % 16)))
    .replace(/\bF\b/g, String(pick(FLAGS)));
  return template.split(';');
}

function randomProgram(next: () => number): string {
  const body = Array.from({ length: 4 + (next() % 14) }, () => randomLines(next)).flat();
  const end = ['next: dec dword [ss:ebp-64]', 'jnz again', 'hlt'];
  return [`again: mov esp, ${STACK}`, ...body, ...end, 'fault: jmp next', 'tick: inc esi', 'iretd'].join(
    '\n',
  );
}

function prepare(cpu: Cpu, text: string, seed: number): void {
  const next = random(seed);
  cpu.reset();
  cpu.setInterruptLine(false);
  cpu.mem.fill(0, RAM_BYTES, 0);
  const { bytes, labels } = assemble(text, { bits: 32, origin: CODE });
  cpu.mem.writeBytes(CODE, bytes);
  for (const [i, [low, high]] of DESCRIPTORS.entries()) {
    cpu.mem.write32(GDT + 8 * i, low);
    cpu.mem.write32(GDT + 8 * i + 4, high);
  }
  for (let vector = 0; vector <= INTERRUPT; vector++) {
    const handler = labels.get(vector === INTERRUPT ? 'tick' : 'fault') ?? 0;
    cpu.mem.write32(IDT + 8 * vector, 0x8_0000 | handler);
    cpu.mem.write32(IDT + 8 * vector + 4, 0x8e00);
  }
  for (let at = COUNT; at < COUNT + 64; at += 4)
    cpu.mem.write32(at, SELECTORS[next() % SELECTORS.length] ?? 0);
  cpu.mem.write32(COUNT - 64, 12 + (next() & 15));
  cpu.cr0 = 1;
  cpu.gdtr = { base: GDT, limit: 8 * DESCRIPTORS.length - 1 };
  cpu.idtr = { base: IDT, limit: 8 * (INTERRUPT + 1) - 1 };
  cpu.setSegment(CS, { selector: 8, attributes: 0xc09b, ...FLAT });
  for (const index of [ES, SS, DS, FS, GS])
    cpu.setSegment(index, { selector: 16, attributes: 0xc093, ...FLAT });
  cpu.setSegment(LDTR, { selector: 0, attributes: 0, base: 0, limit: 0 });
  [cpu.ebp, cpu.ebx, cpu.edi, cpu.esp] = [COUNT, DATA, DATA + 0x100, STACK];
  cpu.eip = CODE;
}

function snapshot(cpu: Cpu): string {
  return `${cpu.icount} ${cpu.eip.toString(16)} ${Buffer.from(cpu.saveState()).toString('hex')}`;
}

const EAGER = { arrivals: 2, batch: 1, patience: 0, regions: 50 };
const rows: string[] = [];
const cpus = {
  reference: computer({ interpreter: 'reference' }),
  handlers: computer({ translator: false }),
  regions: computer({
    translator: { ...EAGER, onRegion: ({ rows: found }) => rows.push(...found.map(({ text }) => text)) },
  }),
};

describe('flags and segments of system code', () => {
  it('are the same in the rows, in handlers and in regions', () => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const next = random(seed);
      const text = randomProgram(next);
      for (const cpu of Object.values(cpus)) prepare(cpu, text, seed);
      for (let slice = 0; slice < SLICES; slice++) {
        const budget = 1 + (next() % 60);
        if (next() % 3 === 0) for (const cpu of Object.values(cpus)) cpu.setInterruptLine(true);
        const [expected, ...found] = Object.values(cpus).map(
          (cpu) => `${cpu.run(budget).kind} ${snapshot(cpu)}`,
        );
        const place = `seed ${seed}, slice ${slice}\n${text}\n`;
        for (const state of found) expect(`${place}${state}`).toBe(`${place}${expected}`);
      }
      expect(Buffer.compare(cpus.regions.mem.ram, cpus.reference.mem.ram)).toBe(0);
    }
    for (const text of [
      'CLI',
      'STI',
      'PUSHF/PUSHFD Fv',
      'POPF/POPFD Fv',
      'MOV Sw,Ew',
      'MOV Mw/Rv,Sw',
      'POP FS',
      'PUSH ES',
    ])
      expect(rows).toContain(text);
  });
});
