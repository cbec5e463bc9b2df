/** Why a machine with a running kernel stopped. */
import type { PcStop } from '@kexec/pc';

export type MachineStop =
  | PcStop
  /** An image that was loaded with `preserveContext` has given the machine back; the running kernel is idle. */
  | { readonly kind: 'returned' };
