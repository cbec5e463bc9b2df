/** boot_params as a load fills it, with every field of the loader's own tables. */
import {
  BOOT_PARAMS,
  BOOT_PARAMS_BYTES,
  E820_ENTRY_BYTES,
  E820_TABLE_OFFSET,
  type Field,
  readField,
  readSetupHeader,
  SETUP_HEADER,
} from '@kexec/loaders';
import { KexecError } from '@kexec/machine';
import type { BootField, BootParamsView, Scene } from '../protocol.js';
import { loadedMachine } from './scene.js';

/** @throws KexecError NO_BOOT_PARAMS for a kernel that is handed none */
export function bootParams(scene: Scene): BootParamsView {
  const { plan } = loadedMachine(scene);
  const paddr = plan.linux?.bootParams;
  const segment = plan.segments.find(
    ({ mem, memsz }) => paddr !== undefined && mem <= paddr && paddr < mem + memsz,
  );
  if (paddr === undefined || !segment)
    throw new KexecError('NO_BOOT_PARAMS', `a kernel of type ${plan.type} is handed no boot_params`, {
      remedy: 'Choose a bzImage, or an ELF file with a command line.',
    });
  const bytes = new Uint8Array(BOOT_PARAMS_BYTES);
  bytes.set(segment.bytes.subarray(paddr - segment.mem, paddr - segment.mem + BOOT_PARAMS_BYTES));
  return { paddr, bytes, fields: fieldsOf(bytes) };
}

function fieldsOf(bytes: Uint8Array): BootField[] {
  const row = (name: string, field: Field, group: BootField['group']): BootField => ({
    name,
    group,
    offset: field.offset,
    bytes: field.bytes,
    value: `0x${readField(bytes, field).toString(16)}`,
  });
  const { version } = readSetupHeader(bytes);
  return [
    ...Object.entries(BOOT_PARAMS).map(([name, field]) => row(name, field, 'boot_params')),
    ...Object.entries(SETUP_HEADER)
      .filter(([, field]) => field.since <= version)
      .map(([name, field]) => row(name, field, 'setup_header')),
    ...Array.from({ length: readField(bytes, BOOT_PARAMS.e820_entries) }, (_, index) => {
      const offset = E820_TABLE_OFFSET + index * E820_ENTRY_BYTES;
      const name = `e820_table[${index}]`;
      return [
        row(`${name}.addr`, { offset, bytes: 8 }, 'e820_table'),
        row(`${name}.size`, { offset: offset + 8, bytes: 8 }, 'e820_table'),
        row(`${name}.type`, { offset: offset + 16, bytes: 4 }, 'e820_table'),
      ];
    }).flat(),
  ].sort((a, b) => a.offset - b.offset);
}
