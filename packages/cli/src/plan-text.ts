/** A load plan as text, for --debug. */
import type { LoadPlan } from '@kexec/loaders';

export function describePlan(plan: LoadPlan): string {
  const rows = plan.segments.map(
    ({ name, bytes, mem, memsz }, i) =>
      `  segment ${i}  ${hex(mem)}-${hex(mem + memsz - 1)}  ${String(bytes.length).padStart(9)} bytes  ${name}\n`,
  );
  return `type ${plan.type}, entry ${hex(plan.entry)}\n${rows.join('')}`;
}

const hex = (value: number) => (value >>> 0).toString(16).padStart(8, '0');
