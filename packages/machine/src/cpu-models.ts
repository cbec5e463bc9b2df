/** The CPU models that a machine can have, by name. */
import { CPU_MODELS } from '@kexec/x86-cpu';

/** What `MachineOptions.cpu` takes. */
export const CPU_MODEL_NAMES: readonly string[] = Object.keys(CPU_MODELS);
