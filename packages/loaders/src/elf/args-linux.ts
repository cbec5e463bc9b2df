/** args-linux: a setup header for an ELF kernel that has none, so that it can be handed boot_params. */
import type { BootParamsSetup } from '../bzimage/boot-params.js';
import { BOOT_FLAG, HDRS_MAGIC, readSetupHeader, SETUP_HEADER } from '../bzimage/setup-header.js';
import { writeField } from '../field.js';
import { OLD_INITRD_ADDR_MAX } from '../initrd.js';

/** The protocol that brought cmdline_size; nothing later says how the kernel was loaded. */
const FAKED_VERSION = 0x0206;
/** COMMAND_LINE_SIZE of i386 without its zero. */
const FAKED_CMDLINE_SIZE = 2047;

/** The setup header that kexec-tools fakes for --args-linux. */
export function fakedSetup(): BootParamsSetup {
  const image = new Uint8Array(0x400);
  writeField(image, SETUP_HEADER.boot_flag, BOOT_FLAG);
  writeField(image, SETUP_HEADER.header, HDRS_MAGIC);
  writeField(image, SETUP_HEADER.version, FAKED_VERSION);
  writeField(image, SETUP_HEADER.initrd_addr_max, OLD_INITRD_ADDR_MAX);
  writeField(image, SETUP_HEADER.cmdline_size, FAKED_CMDLINE_SIZE);
  return { image, header: readSetupHeader(image) };
}
