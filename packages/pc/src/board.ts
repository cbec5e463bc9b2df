/** The board: makes the devices, and connects them as the wiring table says. */
import { type InterruptLine, WiredOr } from './bus/interrupt-line.js';
import type { PortBus, PortDevice } from './bus/port-bus.js';
import type { Clock } from './clock.js';
import { DebugConsole, DebugExit } from './devices/debug-port.js';
import { FerrLatch } from './devices/ferr-latch.js';
import { createHostBridge } from './devices/i440fx.js';
import { I8042 } from './devices/i8042.js';
import { I8254 } from './devices/i8254.js';
import { I8259Pair } from './devices/i8259-pair.js';
import { Mc146818 } from './devices/mc146818.js';
import { Ns16550 } from './devices/ns16550.js';
import { PciHost } from './devices/pci.js';
import { Port61 } from './devices/port61.js';
import { Port92 } from './devices/port92.js';
import { PostPort } from './devices/post-port.js';
import { type DeviceName, PC_WIRING } from './wiring.js';

/** The devices of a PC, by what they do. */
export interface PcDevices {
  readonly pic: I8259Pair;
  readonly pit: I8254;
  readonly rtc: Mc146818;
  /** ttyS0. */
  readonly uart: Ns16550;
  readonly keyboard: I8042;
  readonly port61: Port61;
  readonly port92: Port92;
  readonly post: PostPort;
  readonly pci: PciHost;
  readonly debugConsole: DebugConsole;
  readonly debugExit: DebugExit;
  readonly ferr: FerrLatch;
}

/** Which device asked for a reset. */
export type ResetSource = 'i8042' | 'port92' | 'cf9';

/** What lies around the devices: the processor's pins, and the world. */
export interface BoardConnections {
  readonly clock: Clock;
  readonly ports: PortBus;
  /** The processor's INTR. */
  readonly intr: InterruptLine;
  /** The processor's A20M#: high lets address bit 20 through. */
  readonly a20: InterruptLine;
  readonly reset: (by: ResetSource) => void;
  readonly exit: (code: number) => void;
  readonly epoch: number;
  readonly pci: boolean;
  readonly onSerial?: ((byte: number) => void) | undefined;
  readonly onDebug?: ((byte: number) => void) | undefined;
  readonly onPost?: ((code: number) => void) | undefined;
}

/** Makes the devices and gives them their ports. */
export function createDevices(board: BoardConnections): PcDevices {
  const { clock, reset, exit, epoch } = board;
  const pic = new I8259Pair(board.intr);
  const irq = (device: DeviceName, nth = 0) => pic.input(irqsOf(device)[nth] ?? 0);
  // Either gate lets address bit 20 through: 82371AB, "A20M#".
  const a20 = new WiredOr(board.a20);
  const pit = new I8254({ clock, irq: irq('pit') });
  const pci = new PciHost({ reset: () => reset('cf9') });
  pci.attach(0, 0, createHostBridge());
  const devices: PcDevices = {
    pic,
    pit,
    rtc: new Mc146818({ clock, irq: irq('rtc'), epoch }),
    uart: new Ns16550({ clock, irq: irq('uart'), transmit: (byte) => board.onSerial?.(byte) }),
    keyboard: new I8042({
      irq: irq('keyboard'),
      auxIrq: irq('keyboard', 1),
      a20: a20.input(),
      reset: () => reset('i8042'),
    }),
    port61: new Port61({ pit }),
    port92: new Port92({ a20: a20.input(), reset: () => reset('port92') }),
    post: new PostPort(board.onPost),
    pci,
    debugConsole: new DebugConsole(board.onDebug),
    debugExit: new DebugExit(exit),
    ferr: new FerrLatch({ irq: irq('ferr') }),
  };
  claimPorts(board, devices);
  return devices;
}

function irqsOf(device: DeviceName): number[] {
  return PC_WIRING.filter((row) => row.device === device).flatMap((row) => ('irq' in row ? [row.irq] : []));
}

function claimPorts({ ports, pci }: BoardConnections, devices: PcDevices): void {
  for (const row of PC_WIRING) {
    if (row.device === 'pci' && !pci) continue;
    const device: PortDevice = devices[row.device];
    ports.claim({ first: row.first, last: row.last, offset: row.offset, wide: 'wide' in row, device });
  }
}
