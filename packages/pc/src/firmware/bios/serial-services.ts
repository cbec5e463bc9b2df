/** INT 14: the serial ports, polled. */
import type { PhysMem } from '@kexec/phys-mem';
import type { PortBus } from '../../bus/port-bus.js';
import { BDA } from './bios-data.js';
import type { Functions, Service, ServiceCall } from './service-call.js';

const DATA = 0;
const INTERRUPT_ENABLE = 1;
const LINE_CONTROL = 3;
const LINE_STATUS = 5;
const MODEM_STATUS = 6;
const DIVISOR_LATCH = 0x80;
const DATA_READY = 0x01;
const HOLDING_EMPTY = 0x20;
const TIMEOUT = 0x80;
/** Divisors of 115,200 baud by AL bits 7–5: 110, 150, 300, 600, 1200, 2400, 4800, 9600. */
const DIVISORS = [1047, 768, 384, 192, 96, 48, 24, 12];
const PORTS = 4;

/**
 * The service: DX is the port's number.
 *
 * Departure: receiving does not wait for a byte; without one it is a timeout at once.
 */
export function serialService(mem: PhysMem, ports: PortBus): Service {
  const status = (call: ServiceCall, base: number) => {
    call.ah = ports.inb(base + LINE_STATUS);
    call.al = ports.inb(base + MODEM_STATUS);
  };
  const functions = (base: number): Functions =>
    new Map<number, Service>([
      [
        0x00,
        (call) => {
          const divisor = DIVISORS[call.al >>> 5] ?? 12;
          ports.outb(base + LINE_CONTROL, DIVISOR_LATCH);
          ports.outb(base + DATA, divisor & 0xff);
          ports.outb(base + INTERRUPT_ENABLE, divisor >>> 8);
          ports.outb(base + LINE_CONTROL, call.al & 0x1f);
          ports.outb(base + INTERRUPT_ENABLE, 0);
          status(call, base);
        },
      ],
      [
        0x01,
        (call) => {
          const line = ports.inb(base + LINE_STATUS);
          if (line & HOLDING_EMPTY) ports.outb(base + DATA, call.al);
          call.ah = line & HOLDING_EMPTY ? line : line | TIMEOUT;
        },
      ],
      [
        0x02,
        (call) => {
          const line = ports.inb(base + LINE_STATUS);
          if (line & DATA_READY) call.al = ports.inb(base + DATA);
          call.ah = line & DATA_READY ? line & 0x1e : line | TIMEOUT;
        },
      ],
      [0x03, (call) => status(call, base)],
    ]);
  return (call) => {
    const base = call.dx < PORTS ? mem.read16(BDA.SERIAL_PORTS + 2 * call.dx) : 0;
    if (base === 0) call.ah = TIMEOUT;
    else functions(base).get(call.ah)?.(call);
  };
}
