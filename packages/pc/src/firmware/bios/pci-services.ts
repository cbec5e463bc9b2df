/** INT 1A, AH = B1: the PCI BIOS, by configuration mechanism 1. */
import type { PortBus, PortWidth } from '../../bus/port-bus.js';
import type { Functions, Service, ServiceCall } from './service-call.js';

/** 'PCI '. */
const SIGNATURE = 0x2049_4350;
const VERSION_2_1 = 0x0210;
const MECHANISM_1 = 0x01;
const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;
const ENABLE = 0x8000_0000;
const FUNCTIONS_PER_BUS = 0x100;
const MULTI_FUNCTION = 0x80;

const STATUS = {
  SUCCESSFUL: 0x00,
  FUNC_NOT_SUPPORTED: 0x81,
  BAD_VENDOR_ID: 0x83,
  DEVICE_NOT_FOUND: 0x86,
  BAD_REGISTER_NUMBER: 0x87,
} as const;

/**
 * The service, by AL.
 *
 * @see PCI BIOS Specification 2.1
 */
export function pciService(ports: PortBus): Service {
  const functions: Functions = new Map<number, Service>([
    [
      0x01,
      (call) => {
        call.edx = SIGNATURE;
        call.bx = VERSION_2_1;
        call.cl = 0;
        call.al = MECHANISM_1;
        finish(call, STATUS.SUCCESSFUL);
      },
    ],
    [
      0x02,
      (call) => {
        if (call.dx === 0xffff) return finish(call, STATUS.BAD_VENDOR_ID);
        const id = ((call.cx << 16) | call.dx) >>> 0;
        find(ports, call, (slot) => configRead(ports, slot, 0, 4) === id);
      },
    ],
    [
      0x03,
      (call) => find(ports, call, (slot) => configRead(ports, slot, 8, 4) >>> 8 === (call.ecx & 0xff_ffff)),
    ],
    [0x08, (call) => access(call, 1, (slot, register) => (call.cl = configRead(ports, slot, register, 1)))],
    [0x09, (call) => access(call, 2, (slot, register) => (call.cx = configRead(ports, slot, register, 2)))],
    [0x0a, (call) => access(call, 4, (slot, register) => (call.ecx = configRead(ports, slot, register, 4)))],
    [0x0b, (call) => access(call, 1, (slot, register) => configWrite(ports, slot, register, 1, call.cl))],
    [0x0c, (call) => access(call, 2, (slot, register) => configWrite(ports, slot, register, 2, call.cx))],
    [0x0d, (call) => access(call, 4, (slot, register) => configWrite(ports, slot, register, 4, call.ecx))],
  ]);
  return (call) => {
    const service = functions.get(call.al);
    if (service) service(call);
    else finish(call, STATUS.FUNC_NOT_SUPPORTED);
  };
}

function finish(call: ServiceCall, status: number): void {
  call.ah = status;
  call.carry = status !== STATUS.SUCCESSFUL;
}

/** The SI-th function of bus 0 that `matches`: into BX. */
function find(ports: PortBus, call: ServiceCall, matches: (slot: number) => boolean): void {
  let index = call.si;
  for (let slot = 0; slot < FUNCTIONS_PER_BUS; slot++) {
    // PCI 2.1, "multi-function device": without that bit only function 0 is decoded for sure.
    if (slot & 7 && !(configRead(ports, slot & ~7, 0x0e, 1) & MULTI_FUNCTION)) continue;
    if (configRead(ports, slot, 0, 2) === 0xffff || !matches(slot)) continue;
    if (index-- > 0) continue;
    call.bx = slot;
    return finish(call, STATUS.SUCCESSFUL);
  }
  finish(call, STATUS.DEVICE_NOT_FOUND);
}

function access(call: ServiceCall, bytes: PortWidth, work: (slot: number, register: number) => void): void {
  if (call.di % bytes !== 0 || call.di > 0xff) return finish(call, STATUS.BAD_REGISTER_NUMBER);
  work(call.bx, call.di);
  finish(call, STATUS.SUCCESSFUL);
}

function select(ports: PortBus, slot: number, register: number): number {
  ports.outl(CONFIG_ADDRESS, (ENABLE | (slot << 8) | (register & 0xfc)) >>> 0);
  return CONFIG_DATA + (register & 3);
}

function configRead(ports: PortBus, slot: number, register: number, bytes: PortWidth): number {
  return ports.read(select(ports, slot, register), bytes);
}

function configWrite(ports: PortBus, slot: number, register: number, bytes: PortWidth, value: number): void {
  ports.write(select(ports, slot, register), value, bytes);
}
