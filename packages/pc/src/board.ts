/** The board: makes the devices, and connects them as the wiring table says. */
import type { PhysMem } from '@kexec/phys-mem';
import { type InterruptLine, Wire, WiredOr } from './bus/interrupt-line.js';
import { IsaIrqs } from './bus/isa-irqs.js';
import type { PortBus, PortDevice } from './bus/port-bus.js';
import type { Clock } from './clock.js';
import { AcpiPm } from './devices/acpi-pm.js';
import { DebugConsole, DebugExit } from './devices/debug-port.js';
import { FerrLatch } from './devices/ferr-latch.js';
import { Hpet } from './devices/hpet.js';
import type { PamPiece } from './devices/i440fx-pam.js';
import { I8042 } from './devices/i8042.js';
import { DmaPages, I8237 } from './devices/i8237.js';
import { I8254 } from './devices/i8254.js';
import { I8259Pair } from './devices/i8259-pair.js';
import { EXTINT_PIN, IoApic } from './devices/io-apic.js';
import { LocalApic } from './devices/local-apic.js';
import { Mc146818 } from './devices/mc146818.js';
import { Ns16550 } from './devices/ns16550.js';
import type { PciHost } from './devices/pci.js';
import { Port61 } from './devices/port61.js';
import { Port92 } from './devices/port92.js';
import { PostPort } from './devices/post-port.js';
import { VgaText } from './devices/vga-text.js';
import { createPciBoard, hasPci, type PciBoard, type PciOptions } from './pci-board.js';
import { ACPI_DISABLE, ACPI_ENABLE, SLP_TYP_S5 } from './platform.js';
import { type DeviceName, PC_WIRING } from './wiring.js';

/** The devices of a PC, by what they do. */
export interface PcDevices {
  readonly pic: I8259Pair;
  readonly pit: I8254;
  readonly rtc: Mc146818;
  /** ttyS0. */
  readonly uart: Ns16550;
  /** ttyS1. */
  readonly uart2: Ns16550;
  readonly keyboard: I8042;
  readonly port61: Port61;
  readonly port92: Port92;
  readonly post: PostPort;
  readonly pci: PciHost;
  /** What is on the PCI bus. */
  readonly pciBoard: PciBoard;
  readonly debugConsole: DebugConsole;
  readonly debugExit: DebugExit;
  readonly ferr: FerrLatch;
  readonly pm: AcpiPm;
  readonly hpet: Hpet;
  /** None where the processor has no local APIC. */
  readonly localApic: LocalApic | undefined;
  readonly ioApic: IoApic | undefined;
  readonly vga: VgaText;
  readonly dma: I8237;
  readonly dma2: I8237;
  readonly dmaPages: DmaPages;
}

/** Which device asked for a reset. */
export type ResetSource = 'i8042' | 'port92' | 'cf9' | 'init';

/** What lies around the devices: the processor's pins, and the world. */
export interface BoardConnections {
  readonly clock: Clock;
  readonly ports: PortBus;
  readonly mem: PhysMem;
  /** The processor's INTR. */
  readonly intr: InterruptLine;
  /** The processor's A20M#: high lets address bit 20 through. */
  readonly a20: InterruptLine;
  readonly reset: (by: ResetSource) => void;
  readonly exit: (code: number) => void;
  readonly powerOff: () => void;
  /** An edge on the processor's NMI. */
  readonly nmi: () => void;
  /** Whether the processor has a local APIC; the board then has an I/O APIC. */
  readonly apic: boolean;
  readonly epoch: number;
  /** The RAM of A0000–BFFFF. */
  readonly video: Uint8Array;
  readonly pci: PciOptions;
  /** The host bridge's attribute map. */
  readonly shadow: (pieces: readonly PamPiece[]) => void;
  readonly onSerial?: ((byte: number) => void) | undefined;
  readonly onSerial2?: ((byte: number) => void) | undefined;
  readonly onDebug?: ((byte: number) => void) | undefined;
  readonly onPost?: ((code: number) => void) | undefined;
}

/** Makes the devices and gives them their ports. */
export function createDevices(board: BoardConnections): PcDevices {
  const { clock, reset, exit, epoch } = board;
  const { pic, localApic, ioApic, isa } = createInterruptControllers(board);
  const irq = (device: DeviceName, nth = 0) => isa.input(irqsOf(device)[nth] ?? 0);
  // Either gate lets address bit 20 through: 82371AB, "A20M#".
  const a20 = new WiredOr(board.a20);
  // IA-PC HPET 1.0a, 2.2 "LegacyReplacement Route": it takes IRQ0 from the 8254 and IRQ8 from the RTC.
  const pitIrq = isa.gatedInput(irqsOf('pit')[0] ?? 0);
  const rtcIrq = isa.gatedInput(irqsOf('rtc')[0] ?? 0);
  const pit = new I8254({ clock, irq: pitIrq });
  const pm = new AcpiPm({
    clock,
    sci: irq('pm'),
    sleep: (type) => {
      if (type === SLP_TYP_S5) board.powerOff();
    },
    enableCommand: ACPI_ENABLE,
    disableCommand: ACPI_DISABLE,
  });
  const pciBoard = createPciBoard(
    { ...board, isaIrq: (n) => isa.input(n), reset: () => reset('cf9'), pm },
    board.pci,
  );
  const devices: PcDevices = {
    pic,
    localApic,
    ioApic,
    pit,
    rtc: new Mc146818({ clock, irq: rtcIrq, epoch }),
    hpet: new Hpet({
      clock,
      legacy: [irq('pit'), irq('rtc')],
      input: (pin) => ({ set: (level) => ioApic?.setInput(pin, level) }),
      onLegacy: (on) => {
        pitIrq.connect(!on);
        rtcIrq.connect(!on);
      },
    }),
    uart: new Ns16550({ clock, irq: irq('uart'), transmit: (byte) => board.onSerial?.(byte) }),
    uart2: new Ns16550({ clock, irq: irq('uart2'), transmit: (byte) => board.onSerial2?.(byte) }),
    keyboard: new I8042({
      irq: irq('keyboard'),
      auxIrq: irq('keyboard', 1),
      a20: a20.input(),
      reset: () => reset('i8042'),
    }),
    port61: new Port61({ pit }),
    port92: new Port92({ a20: a20.input(), reset: () => reset('port92') }),
    post: new PostPort(board.onPost),
    pci: pciBoard.host,
    pciBoard,
    debugConsole: new DebugConsole(board.onDebug),
    debugExit: new DebugExit(exit),
    ferr: new FerrLatch({ irq: irq('ferr') }),
    pm,
    dma: new I8237(),
    dma2: new I8237(1),
    dmaPages: new DmaPages(),
    vga: new VgaText({ clock, video: board.video }),
  };
  claimPorts(board, devices);
  return devices;
}

/** The 8259 pair and, with a local APIC in the processor, that and the I/O APIC, wired to each other. */
function createInterruptControllers({ clock, intr, nmi, reset, apic }: BoardConnections) {
  // MultiProcessor Specification 1.4, 3.6.2.2 "Virtual Wire Mode": INT goes to LINT0, and to the I/O APIC's input 0.
  const int = new Wire((level) => {
    if (!localApic) intr.set(level);
    ioApic?.setInput(EXTINT_PIN, level);
    localApic?.setLint0(level);
  });
  const pic = new I8259Pair(int);
  const ioApic = apic ? new IoApic({ send: (message) => localApic?.receive(message) }) : undefined;
  const localApic = apic
    ? new LocalApic({
        clock,
        intr,
        nmi,
        init: () => reset('init'),
        acknowledgeExternal: () => pic.acknowledge(),
        endOfInterrupt: (vector) => ioApic?.endOfInterrupt(vector),
      })
    : undefined;
  const ioApicInput = (pin: number) => ({ set: (level: boolean) => ioApic?.setInput(pin, level) });
  const isa = new IsaIrqs((irq) => pic.input(irq), ioApic ? ioApicInput : undefined);
  return { pic, localApic, ioApic, isa };
}

function irqsOf(device: DeviceName): number[] {
  return PC_WIRING.filter((row) => row.device === device).flatMap((row) => ('irq' in row ? [row.irq] : []));
}

function claimPorts({ ports, pci }: BoardConnections, devices: PcDevices): void {
  for (const row of PC_WIRING) {
    if (row.device === 'pci' && !hasPci(pci)) continue;
    const device: PortDevice = devices[row.device];
    ports.claim({ first: row.first, last: row.last, offset: row.offset, wide: 'wide' in row, device });
  }
}
