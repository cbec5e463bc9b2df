/** Stop replies: what GDB is told when the machine stands still. */
import type { DebugStop } from '../debug/debug-stop.js';
import type { MachineStop } from '../machine-stop.js';
import { bytesToHex } from './hex.js';

/** Signals by GDB's numbers (GDB's include/gdb/signals.def). */
const SIGNAL = { INT: 2, TRAP: 5, SEGV: 11 } as const;

/** What the client has said that it understands. */
export interface StopFeatures {
  readonly swbreak: boolean;
  readonly hwbreak: boolean;
}

/**
 * The `T` packet.
 *
 * @param registers - what comes with it, by number
 * @param isHardware - whether a breakpoint was asked for as one of hardware
 */
export function stopReply(
  stop: DebugStop,
  features: StopFeatures,
  registers: readonly (readonly [number: number, bytes: Uint8Array])[],
  isHardware: (laddr: number) => boolean,
): string {
  const told = registers.map(([number, bytes]) => `${byte(number)}:${bytesToHex(bytes)};`).join('');
  return `T${byte(signalOf(stop))}thread:01;${told}${reason(stop, features, isHardware)}`;
}

function signalOf(stop: DebugStop): number {
  if (stop.kind === 'interrupt') return SIGNAL.INT;
  return stop.kind === 'machine' && stop.stop.kind === 'triple-fault' ? SIGNAL.SEGV : SIGNAL.TRAP;
}

/** GDB manual, "Stop Reply Packets". Without these GDB takes a breakpoint at $pc - 1 for the one that was met. */
function reason(stop: DebugStop, features: StopFeatures, isHardware: (laddr: number) => boolean): string {
  switch (stop.kind) {
    case 'breakpoint':
      if (isHardware(stop.laddr)) return features.hwbreak ? 'hwbreak:;' : '';
      return features.swbreak ? 'swbreak:;' : '';
    case 'watchpoint': {
      const { read, write, laddr } = stop.watchpoint;
      const name = read && write ? 'awatch' : read ? 'rwatch' : 'watch';
      return `${name}:${laddr.toString(16)};`;
    }
    case 'history':
      return 'replaylog:begin;';
    case 'record-end':
      return 'replaylog:end;';
    default:
      return '';
  }
}

/** What a machine that can run no further is told as, in words; undefined for what is no end. */
export function describeEnd(stop: MachineStop): string | undefined {
  switch (stop.kind) {
    case 'triple-fault':
      return `Triple fault: exceptions ${stop.report.vectors.join(', ')}; the machine can only be reset, or gone back in.\n`;
    case 'halted-forever':
      return 'The CPU has halted with interrupts off: nothing can wake it.\n';
    default:
      return undefined;
  }
}

const byte = (value: number) => value.toString(16).padStart(2, '0');
