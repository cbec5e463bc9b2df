/** What every x87 instruction goes through: #NM, a pending #MF, and the pointers to the last instruction. */
import { CpuException, VECTOR } from '../../exception.js';
import { CR0_EM, CR0_MP, CR0_NE, CR0_TS } from '../../state/control.js';
import type { Fpu } from '../../state/fpu.js';
import { CR0, CS, EIP, FPU_CS, FPU_DP, FPU_DS, FPU_IP, FPU_OPCODE } from '../../state/layout.js';
import { getSegment } from '../../state/segment.js';
import { DATA_SEGMENT, type Operand } from '../machine.js';
import type { SystemMachine, SystemSemantics } from '../system-machine.js';

/** What an x87 instruction does once it may. `memory` is its memory operand. */
export type X87Body = (m: SystemMachine, fpu: Fpu, memory: Operand<number> | undefined) => void;

/** An instruction that is no control instruction: FSTENV and FSAVE tell of it. */
export function computing(body: X87Body): SystemSemantics {
  return (m, operand) => {
    if (!hasFpu(m) || !mayProceed(m)) return;
    const memory = operand?.inMemory ? operand : undefined;
    const pointer = memory?.offset() ?? 0;
    body(m, m.cpu.fpu, memory);
    recordPointers(m, memory, pointer);
  };
}

/** A control instruction that waits: FLDCW, FLDENV, FRSTOR. */
export function waiting(body: X87Body): SystemSemantics {
  return (m, operand) => {
    if (!hasFpu(m) || !mayProceed(m)) return;
    body(m, m.cpu.fpu, operand);
    releaseFerr(m);
  };
}

/** A control instruction that does not wait: FNINIT, FNSTSW and their like. */
export function nonWaiting(body: X87Body): SystemSemantics {
  return (m, operand) => {
    if (!hasFpu(m)) return;
    body(m, m.cpu.fpu, operand);
    releaseFerr(m);
  };
}

/** WAIT: #NM when TS and MP are both set (SDM Vol. 3A, 2.5 "Control Registers", "CR0.MP"). */
export const wait: SystemSemantics = (m) => {
  const both = CR0_MP | CR0_TS;
  if ((m.cpu.registers.get(CR0) & both) === both) throw new CpuException(VECTOR.NM);
  if (m.cpu.model.hasFpu) mayProceed(m);
};

/** #NM when CR0.EM or CR0.TS is set; without an FPU the escapes then do nothing, as on a 386 board without a 387. */
function hasFpu(m: SystemMachine): boolean {
  if (m.cpu.registers.get(CR0) & (CR0_EM | CR0_TS)) throw new CpuException(VECTOR.NM);
  return m.cpu.model.hasFpu;
}

/**
 * A waiting instruction takes the exception of an earlier one: #MF with CR0.NE set (SDM Vol. 1, 8.7.1 "Native
 * Mode"). With NE clear FERR# tells the board, and the processor freezes before the instruction until an
 * interrupt comes, unless IGNNE# is asserted (8.7.2 "MS-DOS Compatibility Sub-mode").
 *
 * @returns whether the instruction may be executed now
 */
function mayProceed(m: SystemMachine): boolean {
  const { fpu, registers, board } = m.cpu;
  if (!fpu.isExceptionPending) return true;
  if (registers.get(CR0) & CR0_NE) throw new CpuException(VECTOR.MF);
  board.setFerr?.(true);
  if (board.isNumericErrorIgnored?.()) return true;
  m.again();
  return false;
}

/** FERR# goes away with the exception. */
function releaseFerr(m: SystemMachine): void {
  if (!m.cpu.fpu.isExceptionPending) m.cpu.board.setFerr?.(false);
}

function recordPointers(m: SystemMachine, memory: Operand<number> | undefined, pointer: number): void {
  const { registers } = m.cpu;
  registers.set(FPU_OPCODE, m.decoded.opcode);
  registers.set(FPU_IP, registers.get(EIP));
  registers.set(FPU_CS, getSegment(registers, CS).selector);
  if (!memory) return;
  const segment = memory.segment === DATA_SEGMENT ? m.decoded.dataSegment : memory.segment;
  registers.set(FPU_DP, pointer);
  registers.set(FPU_DS, getSegment(registers, segment).selector);
}

/** Number i of the ST(i) operand at a place. */
export function stackIndex(m: SystemMachine, place: number): number {
  const operand = m.decoded.operands[place];
  return operand?.kind === 'x87' ? operand.index : 0;
}
