/** CLI, STI, PUSHF and POPF: the flag instructions whose effect depends on privilege. */
import type { Cpu } from '../cpu.js';
import { generalProtection } from '../exception.js';
import { SHADOW } from '../instruction-boundary.js';
import { isProtected } from '../state/control.js';
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
  VIF,
  VIP,
  VM,
  ZF,
} from '../state/eflags.js';
import { ESP } from '../state/layout.js';
import { currentStackFrame, StackReader } from './stack-frame.js';
import type { SystemSemantics } from './system-machine.js';
import { checkedVirtualFlags, interruptFlag, usesVirtualFlag, virtualFlags } from './virtual-interrupts.js';

/** Changes flags as far as the model has them, and looks for interrupts and single steps if IF or TF asks for it. */
export function setEflags(cpu: Cpu, value: number, mask: number): void {
  changeEflags(cpu.registers, value, mask & cpu.model.eflagsMask);
  if (mask & (IF | TF)) cpu.loop.flagsChanged();
  if (mask & RF) cpu.loop.keepResumeFlag();
}

/** CLI: VIF instead of IF where VME or PVI virtualises it. */
export const cli: SystemSemantics = (m) => setEflags(m.cpu, 0, interruptFlag(m.cpu));

/** STI: interrupts stay off until after the next instruction (SDM Vol. 2B, "STI"). */
export const sti: SystemSemantics = (m) => {
  const flag = interruptFlag(m.cpu);
  // With VIP set, enabling virtual interrupts is the monitor's business.
  if (flag === VIF && hasFlag(m.cpu.registers, VIP)) throw generalProtection();
  const wasSet = hasFlag(m.cpu.registers, flag);
  setEflags(m.cpu, flag, flag);
  if (flag === IF && !wasSet) m.cpu.loop.castShadow(SHADOW.STI);
};

/** PUSHF: VM and RF read as 0 in the image. */
export const pushf: SystemSemantics = (m) => {
  const { cpu } = m;
  const isVirtual = usesVirtualFlag(cpu, m.operandSize);
  const frame = currentStackFrame(cpu);
  frame.push(isVirtual ? virtualFlags(cpu) : readEflags(cpu.registers) & ~(VM | RF), m.operandSize);
  cpu.registers.set(ESP, frame.commit());
};

const FLAGS_ALWAYS = CF | PF | AF | ZF | SF | TF | DF | OF | NT;

/** POPF: IF needs CPL ≤ IOPL, IOPL needs CPL 0; both are kept without a fault otherwise. */
export const popf: SystemSemantics = (m) => {
  const { cpu } = m;
  const isVirtual = usesVirtualFlag(cpu, m.operandSize);
  const stack = new StackReader(cpu);
  const popped = stack.pop(m.operandSize);
  const eflags = isVirtual ? checkedVirtualFlags(cpu, popped) : popped;
  cpu.registers.set(ESP, stack.esp);
  setEflags(cpu, eflags, isVirtual ? FLAGS_ALWAYS | VIF : poppedFlags(cpu, m.operandSize));
};

function poppedFlags(cpu: Cpu, size: 16 | 32): number {
  const cpl = isProtected(cpu.registers) ? cpu.cpl : 0;
  const interrupt = cpl <= iopl(cpu.registers) ? IF : 0;
  return FLAGS_ALWAYS | interrupt | (cpl === 0 ? IOPL : 0) | (size === 32 ? AC | ID : 0);
}
