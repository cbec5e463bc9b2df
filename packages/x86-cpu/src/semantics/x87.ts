/** x87 escapes on a CPU without an FPU: the device-not-available check, and nothing else. */
import { CpuException, VECTOR } from '../exception.js';
import { CR0_EM, CR0_TS } from '../state/control.js';
import { CR0 } from '../state/layout.js';
import type { SystemSemantics } from './system-machine.js';

/**
 * ESC: #NM when CR0.EM or CR0.TS is set (SDM Vol. 3A, 2.5 "Control Registers").
 *
 * Departure: otherwise no effect, as no model has an FPU yet; a 386 board without a 387 behaves so.
 */
const coprocessorEscape: SystemSemantics = (m) => {
  if (m.cpu.registers.get(CR0) & (CR0_EM | CR0_TS)) throw new CpuException(VECTOR.NM);
};

export { coprocessorEscape as escape };
