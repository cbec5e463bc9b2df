/** Why a run ended: the machine stopped, or the host stopped it. */

import type { MachineStop } from '@kexec/machine';

/** Signals that end a run, with the terminal restored. */
export const ENDING_SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;
export type EndingSignal = (typeof ENDING_SIGNALS)[number];

/** Why a run ended, when the machine itself did not. */
export type HostStop =
  | {
      readonly kind:
        | 'icount-limit'
        | 'timeout'
        | 'escape'
        | 'killed'
        | 'reader-gone'
        | 'traced'
        | 'record-end';
    }
  | { readonly kind: 'interrupted'; readonly signal: EndingSignal };
export type RunStop = MachineStop | HostStop;
