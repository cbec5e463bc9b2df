/** INT 15: memory map and sizes, A20, block move, system configuration. */
import type { E820Entry, PhysMem } from '@kexec/phys-mem';
import type { PortBus } from '../../bus/port-bus.js';
import { BIOS_SEGMENT, EBDA_PADDR } from '../../memlayout.js';
import { apmServices } from './apm-services.js';
import type { Functions, Service, ServiceCall } from './service-call.js';

const MB = 0x10_0000;
const KB = 0x400;
const UNSUPPORTED = 0x86;
/** 'SMAP'. ACPI, "INT 15H, E820H - Query System Address Map". */
const SMAP = 0x534d_4150;
const E820_ENTRY_BYTES = 20;
/** The most that AH = 88 tells: programs take FC00 for 63 MB, and more for a mistake. */
const EXTENDED_KB_MAX = 0xfc00;
const PORT_A = 0x92;
const A20 = 0x02;
/** A20 can be set by the keyboard controller and by port 92. */
const A20_GATES = 0x0003;
/** Block move: a table of six descriptors, of which the third is the source and the fourth the destination. */
const SOURCE_DESCRIPTOR = 0x10;
const DESTINATION_DESCRIPTOR = 0x18;
const MOVE_TABLE_BYTES = 0x30;
const MOVE_WORDS_MAX = 0x8000;

/** What the services of INT 15 need. */
export interface SystemMachine {
  readonly mem: PhysMem;
  readonly ports: PortBus;
  readonly e820: readonly E820Entry[];
  /** Offset of the configuration table in the BIOS segment. */
  readonly configurationOffset: number;
  readonly powerOff: () => void;
}

/** The service: by AX first, then by AH. A program learns from CF and AH = 86 that there is none. */
export function systemServices(machine: SystemMachine): Service {
  const { mem, ports, e820, configurationOffset, powerOff } = machine;
  const extendedKb = Math.max(0, (mem.ramBytes - MB) / KB);
  const byAx: Functions = new Map<number, Service>([
    [0x2400, (call) => setA20(ports, call, false)],
    [0x2401, (call) => setA20(ports, call, true)],
    [
      0x2402,
      (call) => {
        call.ax = ports.inb(PORT_A) & A20 ? 1 : 0;
        call.carry = false;
      },
    ],
    [
      0x2403,
      (call) => {
        call.bx = A20_GATES;
        succeed(call);
      },
    ],
    [
      0xe801,
      (call) => {
        call.ax = Math.min(15 * KB, extendedKb);
        call.bx = Math.max(0, Math.floor((extendedKb - 15 * KB) / 64));
        call.cx = call.ax;
        call.dx = call.bx;
        call.carry = false;
      },
    ],
    [0xe820, (call) => memoryMap(e820, call)],
    ...apmServices(powerOff),
  ]);
  const byAh: Functions = new Map<number, Service>([
    // Keyboard intercept: CF comes in set and stays; the scan code is taken as it is.
    [0x4f, () => undefined],
    [0x87, (call) => blockMove(mem, call)],
    [
      0x88,
      (call) => {
        call.ax = Math.min(EXTENDED_KB_MAX, extendedKb);
        call.carry = false;
      },
    ],
    // Device wait and device posted: the caller need not wait.
    [0x90, succeed],
    [0x91, succeed],
    [
      0xc0,
      (call) => {
        call.es = BIOS_SEGMENT;
        call.bx = configurationOffset;
        succeed(call);
      },
    ],
    [
      0xc1,
      (call) => {
        call.es = EBDA_PADDR >>> 4;
        call.carry = false;
      },
    ],
  ]);
  return (call) => {
    const service = byAx.get(call.ax) ?? byAh.get(call.ah);
    if (service) service(call);
    else refuse(call);
  };
}

function succeed(call: ServiceCall): void {
  call.ah = 0;
  call.carry = false;
}

function refuse(call: ServiceCall): void {
  call.ah = UNSUPPORTED;
  call.carry = true;
}

function setA20(ports: PortBus, call: ServiceCall, on: boolean): void {
  // Port 92 and the keyboard controller are wired together: A20 is off when both hold it off.
  const value = ports.inb(PORT_A) & ~A20;
  ports.outb(PORT_A, on ? value | A20 : value);
  if (!on) {
    ports.outb(0x64, 0xd1);
    ports.outb(0x60, 0xdd);
  }
  succeed(call);
}

/** EBX is the entry to begin with, 0 for the first; it comes back as the next one's, or 0 with the last. */
function memoryMap(e820: readonly E820Entry[], call: ServiceCall): void {
  const entry = e820[call.ebx];
  if (call.edx !== SMAP || call.ecx < E820_ENTRY_BYTES || !entry) {
    refuse(call);
    return;
  }
  const view = new DataView(new ArrayBuffer(E820_ENTRY_BYTES));
  view.setBigUint64(0, BigInt(entry.addr), true);
  view.setBigUint64(8, BigInt(entry.size), true);
  view.setUint32(16, entry.type, true);
  call.writeFar(call.es, call.di, new Uint8Array(view.buffer));
  call.eax = SMAP;
  call.ebx = call.ebx + 1 < e820.length ? call.ebx + 1 : 0;
  call.ecx = E820_ENTRY_BYTES;
  call.carry = false;
}

/** Function 87: CX words between physical addresses, by the descriptors at ES:SI; with A20 on. */
function blockMove(mem: PhysMem, call: ServiceCall): void {
  const table = call.readFar(call.es, call.si, MOVE_TABLE_BYTES);
  const view = new DataView(table.buffer, table.byteOffset);
  if (call.cx > MOVE_WORDS_MAX) {
    call.ah = 0x02;
    call.carry = true;
    return;
  }
  mem.copy(baseOf(view, DESTINATION_DESCRIPTOR), baseOf(view, SOURCE_DESCRIPTOR), 2 * call.cx);
  succeed(call);
  call.zero = true;
}

function baseOf(view: DataView, descriptor: number): number {
  const low = view.getUint32(descriptor + 2, true) & 0xff_ffff;
  return (low | (view.getUint8(descriptor + 7) << 24)) >>> 0;
}
