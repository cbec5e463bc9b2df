/** A kexec system call that the modelled kernel refused: the errno, and the rule behind it. */

import { errnoName } from '@kexec/kernel-core';
import type { Kexec } from '@kexec/kexec';
import { KexecError } from '@kexec/phys-mem';

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
    const name = errnoName(errno) ?? `errno ${errno}`;
    const violation = call === 'kexec_load' ? kexec.lastViolation : undefined;
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
