/** INT 15, AH = 53: Advanced Power Management 1.2, by its real-mode interface; it can turn the machine off. */
import type { Functions, Service, ServiceCall } from './service-call.js';

/** 'PM'. */
const SIGNATURE = 0x504d;
const VERSION_1_2 = 0x0102;
const ALL_DEVICES = 0x0001;
const STATE_OFF = 0x0003;
const ERROR = { NO_SUCH_DEVICE: 0x09, BAD_STATE: 0x0a, NO_EVENTS: 0x80 } as const;
/** On-line; no battery. */
const ON_LINE = 0x01;
const NO_BATTERY = 0x80;
const UNKNOWN = 0xff;

/**
 * The functions, by AX. Departure: nothing is connected and so nothing need be remembered; whatever order a program
 * calls in is good.
 *
 * @see Advanced Power Management BIOS Interface Specification 1.2, "APM Functions"
 */
export function apmServices(powerOff: () => void): Functions {
  return new Map<number, Service>([
    // Installation check: no protected-mode interface, CPU idle does not slow the clock.
    [
      0x5300,
      (call) => {
        call.ax = VERSION_1_2;
        call.bx = SIGNATURE;
        call.cx = 0;
        call.carry = false;
      },
    ],
    [0x5301, succeed],
    [0x5304, succeed],
    // CPU idle and CPU busy.
    [0x5305, succeed],
    [0x5306, succeed],
    [0x5307, (call) => setPowerState(call, powerOff)],
    // Enable and disable power management.
    [0x5308, succeed],
    [
      0x530a,
      (call) => {
        call.bx = (ON_LINE << 8) | UNKNOWN;
        call.cx = (NO_BATTERY << 8) | UNKNOWN;
        call.dx = 0xffff;
        call.carry = false;
      },
    ],
    [0x530b, (call) => refuse(call, ERROR.NO_EVENTS)],
    // Driver version: the connection speaks what both know.
    [
      0x530e,
      (call) => {
        call.ax = Math.min(call.cx, VERSION_1_2);
        call.carry = false;
      },
    ],
    [0x530f, succeed],
    [
      0x5310,
      (call) => {
        call.bl = 0;
        call.cx = 0;
        succeed(call);
      },
    ],
  ]);
}

function setPowerState(call: ServiceCall, powerOff: () => void): void {
  if (call.bx !== ALL_DEVICES) refuse(call, ERROR.NO_SUCH_DEVICE);
  else if (call.cx === STATE_OFF) powerOff();
  else refuse(call, ERROR.BAD_STATE);
}

function succeed(call: ServiceCall): void {
  call.ah = 0;
  call.carry = false;
}

function refuse(call: ServiceCall, error: number): void {
  call.ah = error;
  call.carry = true;
}
