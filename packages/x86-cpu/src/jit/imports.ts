/** What emitted modules import: the memory, and the slow exact ways to guest memory and to exceptions. */
import { CpuException } from '../exception.js';
import { segmentOfField } from '../interpreter/record.js';
import type { Size } from '../semantics/machine.js';
import type { MemoryAccess } from '../semantics/number-machine.js';
import { NO_ERROR_CODE } from './imported-functions.js';

/**
 * The import object of every emitted module; its functions are those of `IMPORTS`.
 *
 * @param system - executes the instruction of a record, and says where to go on (CALLED of record.ts)
 */
export function cpuImports(
  memory: WebAssembly.Memory,
  access: MemoryAccess,
  system: (record: number) => number,
): WebAssembly.Imports {
  const cpu = {
    memory,
    read: (field: number, offset: number, size: Size) => access.read(segmentOfField(field), offset, size),
    write: (field: number, offset: number, value: number, size: Size) => {
      access.write(segmentOfField(field), offset, value, size);
    },
    checkRead: (field: number, offset: number, size: Size) => {
      access.checkRead(segmentOfField(field), offset, size);
    },
    check: (field: number, offset: number, size: Size) => {
      access.checkWrite(segmentOfField(field), offset, size);
    },
    system,
    raise: (vector: number, errorCode: number) => {
      throw errorCode === NO_ERROR_CODE ? new CpuException(vector) : new CpuException(vector, errorCode);
    },
  };
  return { cpu };
}
