/** Every conformance program on the whole PC, with its own devices, translated and not: what the manual says comes out. */
import { createPc, type Pc } from '@kexec/pc';
import { createPhysMem } from '@kexec/phys-mem';
import { CS, DS, ES, FS, GS, SS, type TranslatorChoice } from '@kexec/x86-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { FRAME_ADDRESS, STORE_ADDRESS } from '../packages/x86-cpu/src/testing/conformance/memory-map.js';
import { PROGRAMS } from '../packages/x86-cpu/src/testing/conformance/programs.js';
import { type Boot, runPrograms } from '../packages/x86-cpu/src/testing/conformance/run-programs.js';
import { noteFigures } from '../packages/x86-cpu/src/testing/figures.js';

const RAM_BYTES = 0x100_0000;
const FLAT = { base: 0, limit: 0xffff_ffff };
const OPEN_A20 = 2;
/** More than any program takes between two words: 60 ms of the timer among them. */
const SILENCE_INSTRUCTIONS = 40_000_000;
const TIMEOUT_MS = 300_000;
/** What is entered twice is translated at once. */
const EAGER = { arrivals: 2, batch: 1, patience: 0 };

function bootPc(translator: TranslatorChoice): Boot {
  return ({ frame, store }) => {
    const mem = createPhysMem({ ramBytes: RAM_BYTES });
    const text: string[] = [];
    const pc = createPc({ mem, translator, onDebug: (byte) => text.push(String.fromCharCode(byte)) });
    mem.writeBytes(FRAME_ADDRESS, frame);
    mem.writeBytes(STORE_ADDRESS, store);
    enterFlat(pc);
    return { isHung: !runToEnd(pc, text), text: text.join('') };
  };
}

/** As a boot sector would enter the frame. */
function enterFlat({ cpu, ports }: Pc): void {
  ports.write(0x92, OPEN_A20, 1);
  cpu.cr0 = 0x11;
  cpu.setSegment(CS, { ...FLAT, selector: 0x08, attributes: 0xc09b });
  for (const index of [ES, SS, DS, FS, GS]) {
    cpu.setSegment(index, { ...FLAT, selector: 0x10, attributes: 0xc093 });
  }
  cpu.eip = FRAME_ADDRESS;
}

/** False when it has not spoken for a whole slice. */
function runToEnd(pc: Pc, text: readonly string[]): boolean {
  for (let spoken = -1; text.length > spoken; ) {
    spoken = text.length;
    if (pc.run({ instructions: SILENCE_INSTRUCTIONS }).kind !== 'budget') return true;
  }
  return false;
}

describe.each([true, false])('translated: %s', (isTranslated) => {
  let outcomes: readonly string[] = [];
  let regions = 0;
  beforeAll(async () => {
    const translator = isTranslated && { ...EAGER, onRegion: () => regions++ };
    outcomes = await runPrograms(bootPc(translator), PROGRAMS);
  }, TIMEOUT_MS);

  it.each(PROGRAMS.map((program, number) => ({ ...program, number })))('$name', ({ number, expected }) => {
    expect(outcomes[number]).toBe(expected);
    if (!isTranslated) return;
    noteFigures('system behaviour on the PC', { programs: 1, observations: expected.split(' ').length });
  });

  it('runs in regions, or in none', () => {
    expect(regions > PROGRAMS.length).toBe(isTranslated);
  });
});
