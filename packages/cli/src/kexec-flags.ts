/** The options of `kexec` itself, as commander names them. */
import type { GdbFlags } from './debugged-machine.js';
import type { DiskFlag } from './disk-file.js';
import type { LoadFlags } from './load-flags.js';
import type { RunFlags } from './run-to-end.js';

/** Verbs, and how the machine is made; what a load and a run take is with them. */
export interface KexecFlags extends RunFlags, GdbFlags, LoadFlags {
  readonly load?: boolean;
  readonly exec?: boolean;
  readonly unload?: boolean;
  readonly status?: boolean;
  readonly debug?: boolean;
  readonly machine?: string;
  readonly printCkrSize?: boolean;
  /** Panics the running kernel. */
  readonly crash?: boolean;
  /** The running kernel's own command line. */
  readonly kernelArgs?: string;
  /** A ROM image's path, or `builtin`. */
  readonly bios?: string;
  /** Devices that the running kernel leaves running when it hands over. */
  readonly skipShutdown?: readonly string[];
  readonly engine?: 'fixed' | 'historic';
  readonly net?: boolean;
  readonly seed?: number;
  readonly jit?: boolean;
  readonly memory?: number;
  readonly cpu?: string;
  readonly disk?: readonly DiskFlag[];
  readonly debugcon?: boolean;
  readonly screen?: boolean;
  /** The file that the machine goes into when its run ends. */
  readonly snapshotSave?: string;
  readonly snapshotLoad?: string;
  /** The file that the run is recorded in. */
  readonly record?: string;
  readonly replay?: string;
}
