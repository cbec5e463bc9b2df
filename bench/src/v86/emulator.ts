/** What the comparison asks of an emulator. */
import type { Job, Sample } from './control-port.js';

/** RAM of both machines. */
export const RAM_BYTES = 128 << 20;

/** A machine that has booted the guest image and waits at the control port. */
export interface Emulator {
  write(paddr: number, bytes: Uint8Array): void;
  run(job: Job): Promise<Sample>;
}

/** The columns of the table. */
export const EMULATORS = ['ours', 'v86 interpreter', 'v86 JIT'] as const;
export type EmulatorName = (typeof EMULATORS)[number];
