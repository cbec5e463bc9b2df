/** The BIOS ROM and its vector table, assembled. */
import { assemble } from '@kexec/x86-cpu';
import { BIOS_BYTES, BIOS_SEGMENT } from '../../memlayout.js';
import { BIOS_SOURCE, ROM_TEXT_OFFSET } from './rom.s.js';

/** Labels of {@link BIOS_SOURCE} by vector, from a first to a last; every other vector is `unsupported`. */
const VECTORS: readonly (readonly [first: number, last: number, label: string])[] = [
  // The processor's own exceptions, up to where the interrupt controller's vectors begin.
  [0x00, 0x07, 'ignored'],
  [0x08, 0x08, 'irq0'],
  [0x09, 0x09, 'irq1'],
  [0x0a, 0x0e, 'master'],
  [0x0f, 0x0f, 'irq7'],
  [0x10, 0x10, 'int10'],
  [0x11, 0x11, 'int11'],
  [0x12, 0x12, 'int12'],
  [0x13, 0x13, 'int13'],
  [0x14, 0x14, 'int14'],
  [0x15, 0x15, 'int15'],
  [0x16, 0x16, 'int16'],
  [0x17, 0x17, 'int17'],
  [0x18, 0x18, 'int18'],
  [0x19, 0x19, 'int19'],
  [0x1a, 0x1a, 'int1a'],
  [0x1b, 0x1c, 'ignored'],
  [0x1e, 0x1e, 'diskette_parameters'],
  [0x4a, 0x4a, 'ignored'],
  [0x70, 0x70, 'irq8'],
  [0x71, 0x73, 'slave'],
  [0x74, 0x74, 'irq12'],
  [0x75, 0x75, 'irq13'],
  [0x76, 0x76, 'irq14'],
  [0x77, 0x77, 'irq15'],
];

/** A ROM image and the far pointers that lead into it. */
export interface Bios {
  /** 64 KB, for F000:0000. */
  readonly rom: Uint8Array;
  /** The interrupt vector table: 256 × offset, segment. */
  readonly vectorTable: Uint8Array;
  /** Offsets of the ROM's labels in the BIOS segment. */
  readonly labels: ReadonlyMap<string, number>;
}

let assembled: Bios | undefined;

/** The BIOS, which is assembled once. */
export function createBios(): Bios {
  assembled ??= assembleBios();
  return assembled;
}

function assembleBios(): Bios {
  const { bytes, labels } = assemble(BIOS_SOURCE, { origin: ROM_TEXT_OFFSET, bits: 16 });
  const rom = new Uint8Array(BIOS_BYTES).fill(0xff);
  rom.set(bytes, ROM_TEXT_OFFSET);
  const vectorTable = new Uint8Array(0x400);
  const view = new DataView(vectorTable.buffer);
  for (let vector = 0; vector < 0x100; vector++) {
    const label = VECTORS.find(([first, last]) => first <= vector && vector <= last)?.[2] ?? 'unsupported';
    view.setUint16(4 * vector, labels.get(label) ?? 0, true);
    view.setUint16(4 * vector + 2, BIOS_SEGMENT, true);
  }
  return { rom, vectorTable, labels };
}
