/** The boundary between two instructions: whether the run loop has anything to look at there. */
import type { Cpu } from './cpu.js';
import type { InterruptPins } from './interrupt-pins.js';
import { hasFlag, IF, RF, TF } from './state/eflags.js';

/** What holds off interrupts for one instruction: nothing, STI, or a load of SS. */
export const SHADOW = { NONE: 0, STI: 1, STACK: 2 } as const;

/** Whether EFLAGS, as they are now, let something happen before the next instruction, or end after it. */
export function doFlagsAsk({ registers, memory }: Cpu, { interruptLine }: InterruptPins): boolean {
  return (interruptLine && hasFlag(registers, IF)) || hasFlag(registers, TF | RF) || memory.checksAlignment;
}

/** Whether an interrupt or a trap could come at all, flags apart: only then does a shadow hold anything off. */
export function isEventNear({ debug }: Cpu, { interruptLine, nmiPending }: InterruptPins): boolean {
  return interruptLine || nmiPending || debug.isArmed || debug.pending !== 0;
}
