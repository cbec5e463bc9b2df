/** The trace hash: equal for equal runs, and for no other. */
import { createPhysMem } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { createPc } from './pc.js';
import type { PcOptions } from './pc-options.js';
import { boot } from './testing/real-mode.js';
import { TraceHash } from './trace-hash.js';
import { TRACE } from './traced-board.js';

/** Ticks of the PIT, port reads, RDTSC: everything that the hash is made of. */
const PROGRAM = `
  mov al, 0x34
  out 0x43, al
  mov al, 0
  out 0x40, al
  mov al, 4
  out 0x40, al
  mov byte ptr [0x600], 0
  sti
again:
  in al, 0x40
  add [0x600], al
  rdtsc
  hlt
  jmp again
`;

function run(slice: number, options: Partial<PcOptions> = {}): string {
  const { pc } = boot(PROGRAM, options);
  while (pc.cpu.icount < 50_000) pc.run({ instructions: Math.min(slice, 50_000 - pc.cpu.icount) });
  return pc.traceHash();
}

describe('the trace hash', () => {
  it('is the same for the same run, however it is sliced and executed', () => {
    const hash = run(50_000);
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect([run(50_000), run(777), run(50_000, { translator: false })]).toEqual([hash, hash, hash]);
    expect(run(50_000, { interpreter: 'reference' })).toBe(hash);
  });

  it('shows one byte of memory, one instruction and one event', () => {
    const { pc } = boot(PROGRAM);
    const hashes = [pc.traceHash()];
    pc.mem.write8(0x5_0000, 1);
    hashes.push(pc.traceHash());
    pc.run({ instructions: 1 });
    hashes.push(pc.traceHash());
    expect(new Set(hashes).size).toBe(3);
    const events: [kind: number, icount: number, where: number, value: number][] = [
      [TRACE.READ, 5, 0x60, 1],
      [TRACE.WRITE, 5, 0x60, 1],
      [TRACE.READ, 6, 0x60, 1],
      [TRACE.READ, 5 + 2 ** 32, 0x60, 1],
      [TRACE.READ, 5, 0x61, 1],
      [TRACE.READ, 5, 0x60, 2],
    ];
    const all = events.map((event) => {
      const hash = new TraceHash();
      hash.event(...event);
      return hash.toString();
    });
    expect(new Set(all).size).toBe(events.length);
  });

  it('goes on over a saved state', () => {
    const { pc } = boot(PROGRAM);
    pc.run({ instructions: 1000 });
    const other = createPc({ mem: createPhysMem({ ramBytes: pc.mem.ramBytes }) });
    other.mem.ram.set(pc.mem.ram);
    other.loadState(JSON.parse(JSON.stringify(pc.saveState(), bytesAsNumbers), numbersAsBytes));
    pc.run({ instructions: 1000 });
    other.run({ instructions: 1000 });
    expect(other.traceHash()).toBe(pc.traceHash());
  });
});

function bytesAsNumbers(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? [...value] : value;
}

function numbersAsBytes(key: string, value: unknown): unknown {
  return key === 'cpu' ? Uint8Array.from(value as number[]) : value;
}
