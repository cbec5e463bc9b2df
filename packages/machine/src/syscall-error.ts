/** A kexec system call that the modelled kernel refused: the errno, and the rule behind it. */

import type { Kexec } from '@kexec/kexec';
import { KexecError } from '@kexec/phys-mem';

const ERRNO_NAMES: Readonly<Record<number, string>> = {
  1: 'EPERM',
  12: 'ENOMEM',
  14: 'EFAULT',
  16: 'EBUSY',
  22: 'EINVAL',
  38: 'ENOSYS',
  99: 'EADDRNOTAVAIL',
};

const REMEDIES: Readonly<Record<string, string>> = {
  EPERM: 'Call it with CAP_SYS_BOOT.',
  ENOMEM: 'Give the machine more memory (--memory).',
  EBUSY: 'Wait until the other load is done.',
};

/** Thrown when `kexec_load` or `reboot` returns an error; `errno` is positive. */
export class KexecSyscallError extends KexecError {
  readonly errno: number;

  constructor(call: string, result: number, kexec: Kexec) {
    const errno = -result;
    const name = ERRNO_NAMES[errno] ?? `errno ${errno}`;
    const violation = kexec.lastViolation;
    const rule = violation ? `: segment ${violation.segment} breaks the rule "${violation.rule}"` : '';
    const remedy = violation ? RULE_REMEDY : REMEDIES[name];
    super(`SYSCALL_${name}`, `${call} returned -${name}${rule}`, {
      details: { errno, name, violation },
      ...(remedy === undefined ? {} : { remedy }),
    });
    this.errno = errno;
  }
}

const RULE_REMEDY =
  'Place the segments inside RAM, page aligned and apart, or give the machine more memory (--memory).';
