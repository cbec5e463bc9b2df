/** Puts a code selector in force for a test, as if a far transfer had loaded it. */
import type { Cpu } from '../cpu.js';
import { codeSegment, loadCodeSegment, targetDescriptor } from '../mmu/segment-load.js';

/** Loads CS from its descriptor at the given privilege level. */
export function loadCodeSelector(cpu: Cpu, selector: number, cpl: number): void {
  loadCodeSegment(cpu, codeSegment(cpu, targetDescriptor(cpu, selector), cpl), cpl);
}
