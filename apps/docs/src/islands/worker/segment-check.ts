/** Segments before the kernel's own rules, each by itself, and before the system call, which answers for all. */
import { CAP_SYS_BOOT, errnoName, type Process } from '@kexec/kernel-core';
import {
  __NR_kexec_load,
  I386_PAGES,
  KEXEC_ARCH_386,
  KEXEC_ON_CRASH,
  KEXEC_SEGMENT_MAX,
  type KexecSegment,
  SEGMENT_RULES,
  writeSegments,
} from '@kexec/kexec';
import { KexecError, type Machine } from '@kexec/machine';
import type { RuleLight, SegmentsRequest, SegmentsVerdict } from '../protocol.js';
import { machineOf } from './scene.js';

/** A buffer of this size serves every segment; a longer one is cut, and the call faults on it. */
const BUFFER_BYTES_MAX = 0x40_0000;

export function checkSegments({ memory, segments, crashkernel }: SegmentsRequest): SegmentsVerdict {
  const commandLine = crashkernel === undefined ? '' : `crashkernel=${crashkernel}`;
  const machine = machineOf({ memory }, { commandLine });
  const { crashkRes, pages } = machine.kernel;
  const isCrash = crashkernel !== undefined;
  // As the kernel counts them before the call: its process takes none away.
  const { free, allocated } = pages.totals();
  const facts = {
    arch: I386_PAGES,
    totalRamPages: free + allocated,
    crashkRes: isCrash ? crashkRes : undefined,
  };
  const rows = segments.map((segment) => ({ ...segment, buf: 0 }));
  const rules: RuleLight[] = [
    {
      rule: `at most ${KEXEC_SEGMENT_MAX} segments`,
      errno: 'EINVAL',
      segment: segments.length > KEXEC_SEGMENT_MAX ? KEXEC_SEGMENT_MAX : -1,
    },
    ...SEGMENT_RULES.map(({ rule, errno, broken }) => ({
      rule,
      errno: errnoName(errno) ?? String(errno),
      segment: broken(rows, facts),
    })),
  ];
  const result = kexecLoad(machine, rows, isCrash ? KEXEC_ON_CRASH : 0);
  const rule = machine.kexec.lastViolation?.rule;
  return {
    rules,
    result,
    ...(result < 0 ? { errno: errnoName(-result) ?? String(-result) } : {}),
    ...(rule === undefined ? {} : { rule }),
    ramPages: facts.totalRamPages,
    ...(isCrash ? { crashRange: crashkRes } : {}),
  };
}

/** `kexec_load(2)` from ring 3. @returns what it returned */
function kexecLoad({ kernel }: Machine, segments: readonly KexecSegment[], flags: number): number {
  const process = kernel.createProcess({ capabilities: [CAP_SYS_BOOT] });
  const wanted = Math.max(0, ...segments.map(({ bufsz }) => bufsz));
  const buf = copyIn(process, new Uint8Array(Math.min(wanted, BUFFER_BYTES_MAX)));
  const array = copyIn(process, writeSegments(segments.map((segment) => ({ ...segment, buf }))));
  const entry = segments[0]?.mem ?? 0;
  const outcome = process.syscall(__NR_kexec_load, entry, segments.length, array, KEXEC_ARCH_386 | flags);
  if (outcome.returned) return outcome.value;
  throw new KexecError('KERNEL_GONE', `the running kernel ended in kexec_load: ${outcome.why}`);
}

function copyIn(process: Process, bytes: Uint8Array): number {
  if (bytes.length === 0) return 0;
  const vaddr = process.mmap(bytes.length);
  process.write(vaddr, bytes);
  return vaddr;
}
