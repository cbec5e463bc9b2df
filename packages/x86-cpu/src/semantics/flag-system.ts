/** CLI, STI, PUSHF and POPF: the flag instructions whose effect depends on privilege. */
import type { Cpu } from '../cpu.js';
import { generalProtection } from '../exception.js';
import { isProtected, isVirtual8086 } from '../state/control.js';
import {
  AC,
  AF,
  CF,
  changeEflags,
  DF,
  hasFlag,
  ID,
  IF,
  IOPL,
  iopl,
  NT,
  OF,
  PF,
  RF,
  readEflags,
  SF,
  TF,
  VM,
  ZF,
} from '../state/eflags.js';
import { ESP } from '../state/layout.js';
import { currentStackFrame, StackReader } from './stack-frame.js';
import type { SystemSemantics } from './system-machine.js';

/** Changes flags as far as the model has them, and looks for interrupts and single steps if IF or TF may be set. */
export function setEflags(cpu: Cpu, value: number, mask: number): void {
  changeEflags(cpu.registers, value, mask & cpu.model.eflagsMask);
  if (mask & (IF | TF)) cpu.attention();
  if (mask & RF) cpu.loop.keepResumeFlag();
}

export const cli: SystemSemantics = (m) => {
  if (m.cpu.cpl > iopl(m.cpu.registers)) throw generalProtection();
  setEflags(m.cpu, 0, IF);
};

/** STI: interrupts stay off until after the next instruction (SDM Vol. 2B, "STI"). */
export const sti: SystemSemantics = (m) => {
  if (m.cpu.cpl > iopl(m.cpu.registers)) throw generalProtection();
  const wasSet = hasFlag(m.cpu.registers, IF);
  setEflags(m.cpu, IF, IF);
  if (!wasSet) m.cpu.loop.blockAfterSti();
};

/** PUSHF: VM and RF read as 0 in the image. */
export const pushf: SystemSemantics = (m) => {
  const { cpu } = m;
  checkVirtualIopl(cpu);
  const frame = currentStackFrame(cpu);
  frame.push(readEflags(cpu.registers) & ~(VM | RF), m.operandSize);
  cpu.registers.set(ESP, frame.commit());
};

const FLAGS_ALWAYS = CF | PF | AF | ZF | SF | TF | DF | OF | NT;

/** POPF: IF needs CPL ≤ IOPL, IOPL needs CPL 0; both are kept without a fault otherwise. */
export const popf: SystemSemantics = (m) => {
  const { cpu } = m;
  checkVirtualIopl(cpu);
  const stack = new StackReader(cpu);
  const eflags = stack.pop(m.operandSize);
  const cpl = isProtected(cpu.registers) ? cpu.cpl : 0;
  const mask =
    FLAGS_ALWAYS |
    (cpl <= iopl(cpu.registers) ? IF : 0) |
    (cpl === 0 ? IOPL : 0) |
    (m.operandSize === 32 ? AC | ID : 0);
  cpu.registers.set(ESP, stack.esp);
  setEflags(cpu, eflags, mask);
};

/** SDM Vol. 3A, 20.2.7 "Sensitive Instructions": without VME, PUSHF and POPF need IOPL 3 in virtual-8086 mode. */
function checkVirtualIopl(cpu: Cpu): void {
  if (isVirtual8086(cpu.registers) && iopl(cpu.registers) < 3) throw generalProtection();
}
