/** The differentiated system description table: the PC's devices, its PCI interrupt routing, and how to turn it off. */

import {
  HPET_BYTES,
  HPET_PADDR,
  IO_APIC_PADDR,
  pciInterrupt,
  SLP_TYP_S5,
  VIDEO_END_PADDR,
  VIDEO_PADDR,
} from '../../platform.js';
import { type Aml, device, eisaId, integer, name, packageOf, scope, text } from './aml.js';
import {
  busNumbers,
  io,
  ioWindow,
  irqNoFlags,
  memory32Fixed,
  memoryWindow,
  resourceTemplate,
} from './resources.js';

/** What the table depends on. */
export interface DsdtOptions {
  /** Where RAM ends, below 4 GB: PCI memory begins there. */
  readonly ramBytes: number;
}

/** Devices on the ISA bus: name, identity, resources. */
const ISA_DEVICES: readonly (readonly [path: string, id: string, ...resources: Aml[]])[] = [
  ['PIC', 'PNP0000', io(0x20, 2), io(0xa0, 2), io(0x4d0, 2), irqNoFlags(2)],
  ['TMR', 'PNP0100', io(0x40, 4), irqNoFlags(0)],
  ['RTC', 'PNP0B00', io(0x70, 2), irqNoFlags(8)],
  ['KBD', 'PNP0303', io(0x60, 1), io(0x64, 1), irqNoFlags(1)],
  ['MOU', 'PNP0F13', irqNoFlags(12)],
  ['FPU', 'PNP0C04', io(0xf0, 1), irqNoFlags(13)],
  ['SPKR', 'PNP0800', io(0x61, 1)],
  ['COM1', 'PNP0501', io(0x3f8, 8), irqNoFlags(4)],
  ['COM2', 'PNP0501', io(0x2f8, 8), irqNoFlags(3)],
];

const PCI_SLOTS = 32;
const PCI_PINS = 4;
/** _ADR of a device, all of its functions. */
const ALL_FUNCTIONS = 0xffff;

/** The table's definition block: terms without header. */
export function dsdt(options: DsdtOptions): Aml {
  return [
    // SLP_TYP for PM1a and PM1b, and two reserved elements.
    ...name('\\_S5', packageOf(integer(SLP_TYP_S5), integer(SLP_TYP_S5), integer(0), integer(0))),
    ...scope('\\_SB', processor(), pciRoot(options), hpet()),
  ];
}

function processor(): Aml {
  return device('CPU0', name('_HID', text('ACPI0007')), name('_UID', integer(0)));
}

function hpet(): Aml {
  return device(
    'HPET',
    name('_HID', eisaId('PNP0103')),
    name('_UID', integer(0)),
    name('_CRS', resourceTemplate(memory32Fixed(HPET_PADDR, HPET_BYTES))),
  );
}

function pciRoot(options: DsdtOptions): Aml {
  return device(
    'PCI0',
    name('_HID', eisaId('PNP0A03')),
    name('_ADR', integer(0)),
    name('_UID', integer(0)),
    name('_CRS', bridgeWindows(options)),
    name('_PRT', interruptRouting()),
    device(
      'ISA',
      name('_ADR', integer(0x1_0000)),
      ...ISA_DEVICES.map(([path, id, ...resources], index) =>
        device(
          path,
          name('_HID', eisaId(id)),
          name('_UID', integer(index)),
          name('_CRS', resourceTemplate(...resources)),
        ),
      ),
    ),
  );
}

/** What the host bridge passes on to PCI: all ports but its own, video memory, and what lies above RAM. */
function bridgeWindows({ ramBytes }: DsdtOptions): Aml {
  return resourceTemplate(
    busNumbers(0, 0xff),
    ioWindow(0, 0xcf7),
    io(0xcf8, 8),
    ioWindow(0xd00, 0xffff),
    memoryWindow(VIDEO_PADDR, VIDEO_END_PADDR - 1, { cacheable: true }),
    memoryWindow(ramBytes, IO_APIC_PADDR - 1),
  );
}

/** _PRT: address, pin, no link device, global system interrupt. @see ACPI 6.4, 6.2.13 "_PRT" */
function interruptRouting(): Aml {
  const slots = Array.from({ length: PCI_SLOTS }, (_, slot) => slot);
  const pins = Array.from({ length: PCI_PINS }, (_, pin) => pin);
  const rows = slots.flatMap((slot) =>
    pins.map((pin) =>
      packageOf(
        integer(slot * 0x1_0000 + ALL_FUNCTIONS),
        integer(pin),
        integer(0),
        integer(pciInterrupt(slot, pin)),
      ),
    ),
  );
  return packageOf(...rows);
}
