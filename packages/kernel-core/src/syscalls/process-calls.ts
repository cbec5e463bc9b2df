/** exit and pause: how a process gives the CPU up. */
import type { ProcessTable } from '../process-table.js';
import type { Scheduler } from '../sched.js';
import { NORETURN, type SyscallTable } from '../syscall-table.js';
import { __NR_exit, __NR_pause } from '../uapi/unistd.js';

/** What these calls need of the kernel. */
export interface ProcessServices {
  readonly processes: ProcessTable;
  readonly sched: Scheduler;
}

export function registerProcessCalls(table: SyscallTable, { processes, sched }: ProcessServices): void {
  table.register(__NR_exit, {
    name: 'exit',
    support: { partial: 'nobody waits for the exit code' },
    call: ({ process }) => {
      processes.exit(process, 'exited');
      return NORETURN;
    },
  });
  table.register(__NR_pause, {
    name: 'pause',
    support: { partial: 'the process sleeps until the host gives it its next call' },
    call: () => {
      sched.switchToIdle();
      return NORETURN;
    },
  });
}
