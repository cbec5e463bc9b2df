/** Why a run ended: the machine stopped, or the host stopped it. */

import type { MachineStop } from '@kexec/machine';

/** Why a run ended, when the machine itself did not. */
export type HostStop =
  | { readonly kind: 'icount-limit' | 'timeout' | 'escape' }
  | { readonly kind: 'interrupted'; readonly signal: 'SIGINT' | 'SIGTERM' };
export type RunStop = MachineStop | HostStop;
