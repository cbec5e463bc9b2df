/** The system call table: what each number does, and how much of it. */
import { KexecError } from '@kexec/phys-mem';
import type { Process } from './process.js';
import { ENOSYS } from './uapi/errno.js';

/** A system call that gives this back never returns to its caller: the CPU has been pointed elsewhere. */
export const NORETURN: unique symbol = Symbol('NORETURN');

/** 0 or more, `-Errno`, or {@link NORETURN}. */
export type SyscallResult = number | typeof NORETURN;

/** The caller and the registers that carry arguments, uint32. */
export interface SyscallArgs {
  readonly process: Process;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
  readonly esi: number;
  readonly edi: number;
  readonly ebp: number;
}

/** How much of a system call there is. */
export type SyscallSupport = 'full' | { readonly partial: string };

/** One row of the table. */
export interface Syscall {
  readonly name: string;
  readonly support: SyscallSupport;
  call(args: SyscallArgs): SyscallResult;
}

/** The table; a number without a row is answered with `-ENOSYS`. */
export class SyscallTable {
  readonly #rows = new Map<number, Syscall>();

  /** Throws KexecError 'SYSCALL_TAKEN' when the number has a row. */
  register(nr: number, syscall: Syscall): void {
    const taken = this.#rows.get(nr);
    if (taken)
      throw new KexecError(
        'SYSCALL_TAKEN',
        `system call ${nr} is ${taken.name}; ${syscall.name} cannot have it`,
      );
    this.#rows.set(nr, syscall);
  }

  /** What a number stands for. */
  get(nr: number): Syscall | undefined {
    return this.#rows.get(nr);
  }

  /** Calls it; `-ENOSYS` without a row. */
  dispatch(nr: number, args: SyscallArgs): SyscallResult {
    return this.#rows.get(nr)?.call(args) ?? -ENOSYS;
  }

  /** The rows by number, for a page of what is supported. */
  rows(): { nr: number; name: string; support: SyscallSupport }[] {
    return [...this.#rows]
      .map(([nr, { name, support }]) => ({ nr, name, support }))
      .sort((a, b) => a.nr - b.nr);
  }
}
