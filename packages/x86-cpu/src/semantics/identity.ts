/** What the CPU says of itself: CPUID, RDTSC, and the model-specific registers. */
import { generalProtection } from '../exception.js';
import { type CpuModel, FEATURE } from '../model.js';
import { IA32_EFER } from '../msr.js';
import { CR4_PCE, CR4_TSD } from '../state/control.js';
import { CR4 } from '../state/layout.js';
import { requireLevel0 } from './processor.js';
import type { SystemMachine, SystemSemantics } from './system-machine.js';

/** Register indices. */
const EAX = 0;
const ECX = 1;
const EDX = 2;
const EBX = 3;
/** The leaf whose EDX has the feature flags. */
const FEATURE_LEAF = 1;

/* Performance-monitoring counters, by family; the Pentium with MMX has as many as the P6. */
const P6_COUNTERS = 2;
const FAMILY_PENTIUM_4 = 15;
const PENTIUM_4_COUNTERS = 18;
const FAST_READ = 0x8000_0000;

export const cpuid: SystemSemantics = (m) => {
  const { model, registers } = m.cpu;
  const number = registers.readGeneral(EAX, 32) >>> 0;
  const leaf = model.cpuidLeaf(number);
  // SDM Vol. 3A, 10.4.3 "Enabling or Disabling the Local APIC": without EN, CPUID says that there is none.
  const hidden = number === FEATURE_LEAF && !m.cpu.msrs.apicEnabled ? FEATURE.APIC : 0;
  registers.writeGeneral(EAX, leaf.eax, 32);
  registers.writeGeneral(EBX, leaf.ebx, 32);
  registers.writeGeneral(ECX, leaf.ecx, 32);
  registers.writeGeneral(EDX, leaf.edx & ~hidden, 32);
};

/** RDTSC: at CPL 0 only, when CR4.TSD is set. */
export const rdtsc: SystemSemantics = (m) => {
  if (m.cpu.registers.get(CR4) & CR4_TSD && m.cpu.cpl !== 0) throw generalProtection();
  const ticks = m.cpu.timestampNumber();
  if (ticks === undefined) {
    writePair(m, m.cpu.timestamp());
    return;
  }
  m.cpu.registers.writeGeneral(EAX, ticks | 0, 32);
  m.cpu.registers.writeGeneral(EDX, (ticks / 2 ** 32) | 0, 32);
};

/**
 * RDPMC: #GP(0) at CPL > 0 without CR4.PCE, and for a counter that the model lacks.
 *
 * Departure: no event can be selected, so every counter stands where RESET# put it.
 */
export const rdpmc: SystemSemantics = (m) => {
  const { registers, cpl, model } = m.cpu;
  if (cpl !== 0 && (registers.get(CR4) & CR4_PCE) === 0) throw generalProtection();
  if (!hasCounter(model, registers.readGeneral(ECX, 32) >>> 0)) throw generalProtection();
  writePair(m, 0n);
};

/** SDM Vol. 2B, "RDPMC": bit 31 asks the Pentium 4 for the low half alone. */
function hasCounter({ family }: CpuModel, number: number): boolean {
  if (family === FAMILY_PENTIUM_4) return (number & ~FAST_READ) < PENTIUM_4_COUNTERS;
  return number < P6_COUNTERS;
}

export const rdmsr: SystemSemantics = (m) => {
  requireLevel0(m.cpu);
  const value = m.cpu.msrs.read(m.cpu.registers.readGeneral(ECX, 32) >>> 0);
  if (value === undefined) throw generalProtection();
  writePair(m, value);
};

export const wrmsr: SystemSemantics = (m) => {
  requireLevel0(m.cpu);
  const { registers } = m.cpu;
  const high = BigInt(registers.readGeneral(EDX, 32) >>> 0);
  const low = BigInt(registers.readGeneral(EAX, 32) >>> 0);
  const register = registers.readGeneral(ECX, 32) >>> 0;
  if (!m.cpu.msrs.write(register, (high << 32n) | low)) throw generalProtection();
  // What pages allow may have changed.
  if (register === IA32_EFER) m.cpu.flushTlb();
};

function writePair(m: SystemMachine, value: bigint): void {
  m.cpu.registers.writeGeneral(EAX, Number(value & 0xffff_ffffn), 32);
  m.cpu.registers.writeGeneral(EDX, Number((value >> 32n) & 0xffff_ffffn), 32);
}
