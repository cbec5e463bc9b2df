/** What the end of a run means: its exit code, and the words for it. A run that ends on a fault never exits 0. */
import { EXIT } from './exit-code.js';
import type { RunStop } from './run-stop.js';
import type { Runnable } from './runnable.js';

export interface StopDescription {
  readonly exitCode: number;
  /** For stderr; undefined where the guest has said it all. */
  readonly message: string | undefined;
}

/** @param lastLine - the last line on ttyS0 */
export function describeStop(stop: RunStop, machine: Runnable, lastLine: string): StopDescription {
  const fault = (what: string) => ({
    exitCode: EXIT.GUEST_FAULT,
    message: `${what}\n${whereItStands(machine, lastLine)}`,
  });
  switch (stop.kind) {
    case 'exit':
      return { exitCode: stop.code, message: undefined };
    case 'reset':
      return { exitCode: EXIT.OK, message: `the guest reset the machine (${stop.by})` };
    case 'power-off':
      return { exitCode: EXIT.OK, message: 'the guest turned the machine off' };
    case 'returned':
      return { exitCode: EXIT.OK, message: 'the image gave the machine back to the running kernel' };
    case 'escape':
      return { exitCode: EXIT.OK, message: 'ended from the console' };
    case 'killed':
      return { exitCode: EXIT.OK, message: 'ended from the debugger' };
    case 'traced':
      return { exitCode: EXIT.OK, message: undefined };
    case 'record-end':
      return { exitCode: EXIT.OK, message: `the record ends here\n${whereItStands(machine, lastLine)}` };
    case 'reader-gone':
      return { exitCode: EXIT.SIGPIPE, message: undefined };
    case 'interrupted':
      return {
        exitCode: EXIT[stop.signal],
        message: `interrupted by ${stop.signal}\n${whereItStands(machine, lastLine)}`,
      };
    case 'timeout':
    case 'icount-limit':
      return { exitCode: EXIT.TIMEOUT, message: `${LIMITS[stop.kind]}\n${whereItStands(machine, lastLine)}` };
    case 'halted-forever':
      return fault('the CPU halted with interrupts off: nothing can wake it');
    case 'idle':
      return fault('the CPU waits for an interrupt that nothing will raise, and stdin has ended');
    case 'triple-fault':
      return { exitCode: EXIT.GUEST_FAULT, message: describeTripleFault(stop.report, lastLine) };
    default:
      return fault(`the machine stopped: ${stop.kind}`);
  }
}

const LIMITS = { timeout: 'the time limit is reached', 'icount-limit': 'the instruction limit is reached' };

type TripleFaultReport = Extract<RunStop, { kind: 'triple-fault' }>['report'];

function describeTripleFault(report: TripleFaultReport, lastLine: string): string {
  const { cs, eip, vectors, bytes, disassembly } = report;
  return [
    'triple fault: the CPU shut down, as a PC resets',
    `  at ${hex(cs, 4)}:${hex(eip)}  ${disassembly ?? ''}  (bytes ${toHexBytes(bytes)})`,
    `  exceptions: ${vectors.join(' → ')} → shutdown`,
    `  last line on ttyS0: ${lastLine}`,
  ].join('\n');
}

/** Where the guest is when a run ends without its say-so. */
function whereItStands(machine: Runnable, lastLine: string): string {
  const { cpu } = machine.pc;
  return [
    `  eip ${hex(cpu.eip)}, cs ${hex(cpu.getSegment(1).selector, 4)}, eflags ${hex(cpu.eflags)}, cr0 ${hex(cpu.cr0)}, cr3 ${hex(cpu.cr3)}`,
    `  ${cpu.icount} instructions executed since power-on`,
    `  last line on ttyS0: ${lastLine}`,
  ].join('\n');
}

const hex = (value: number, digits = 8) => (value >>> 0).toString(16).padStart(digits, '0');
const toHexBytes = (bytes: Iterable<number>) => Array.from(bytes, (byte) => hex(byte, 2)).join(' ');
