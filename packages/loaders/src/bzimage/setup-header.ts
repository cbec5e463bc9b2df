/** The setup header of a bzImage: every field of boot.rst with its offset, its size and its protocol. */
import { type Field, type FieldValue, readField } from '../field.js';

/** A row: where the field lies in the file, and the first boot protocol that has it. */
export interface SetupField extends Field {
  /** 0x0204 is protocol 2.04; 0 is older than the header's magic. */
  readonly since: number;
}

const field = <Bytes extends Field['bytes'], Since extends number>(
  offset: number,
  bytes: Bytes,
  since: Since,
) => ({
  offset,
  bytes,
  since,
});

/** struct setup_header by the names of boot.rst, "The Real-Mode Kernel Header". */
export const SETUP_HEADER = {
  setup_sects: field(0x1f1, 1, 0),
  root_flags: field(0x1f2, 2, 0),
  syssize: field(0x1f4, 4, 0x0204),
  ram_size: field(0x1f8, 2, 0),
  vid_mode: field(0x1fa, 2, 0),
  root_dev: field(0x1fc, 2, 0),
  boot_flag: field(0x1fe, 2, 0),
  jump: field(0x200, 2, 0x0200),
  header: field(0x202, 4, 0x0200),
  version: field(0x206, 2, 0x0200),
  realmode_swtch: field(0x208, 4, 0x0200),
  start_sys_seg: field(0x20c, 2, 0x0200),
  kernel_version: field(0x20e, 2, 0x0200),
  type_of_loader: field(0x210, 1, 0x0200),
  loadflags: field(0x211, 1, 0x0200),
  setup_move_size: field(0x212, 2, 0x0200),
  code32_start: field(0x214, 4, 0x0200),
  ramdisk_image: field(0x218, 4, 0x0200),
  ramdisk_size: field(0x21c, 4, 0x0200),
  bootsect_kludge: field(0x220, 4, 0x0200),
  heap_end_ptr: field(0x224, 2, 0x0201),
  ext_loader_ver: field(0x226, 1, 0x0202),
  ext_loader_type: field(0x227, 1, 0x0202),
  cmd_line_ptr: field(0x228, 4, 0x0202),
  initrd_addr_max: field(0x22c, 4, 0x0203),
  kernel_alignment: field(0x230, 4, 0x0205),
  relocatable_kernel: field(0x234, 1, 0x0205),
  min_alignment: field(0x235, 1, 0x020a),
  xloadflags: field(0x236, 2, 0x020c),
  cmdline_size: field(0x238, 4, 0x0206),
  hardware_subarch: field(0x23c, 4, 0x0207),
  hardware_subarch_data: field(0x240, 8, 0x0207),
  payload_offset: field(0x248, 4, 0x0208),
  payload_length: field(0x24c, 4, 0x0208),
  setup_data: field(0x250, 8, 0x0209),
  pref_address: field(0x258, 8, 0x020a),
  init_size: field(0x260, 4, 0x020a),
  handover_offset: field(0x264, 4, 0x020b),
  kernel_info_offset: field(0x268, 4, 0x020f),
} as const satisfies Record<string, SetupField>;

/** A field's name in boot.rst. */
export type SetupFieldName = keyof typeof SETUP_HEADER;

type HeaderValue<F extends SetupField> = F['since'] extends 0 | 0x0200
  ? FieldValue<F>
  : FieldValue<F> | undefined;

/** The fields by name; undefined where the image's protocol is older than the field. */
export type SetupHeader = { readonly [Name in SetupFieldName]: HeaderValue<(typeof SETUP_HEADER)[Name]> };

/** "HdrS" as a little-endian word. */
export const HDRS_MAGIC = 0x5372_6448;
/** The last two bytes of a boot sector. */
export const BOOT_FLAG = 0xaa55;
/** Where the copy of the header for boot_params begins. */
export const SETUP_HEADER_OFFSET = SETUP_HEADER.setup_sects.offset;
/** Where it must end: the next field of boot_params. @see asm/bootparam.h struct boot_params, edd_mbr_sig_buffer */
export const SETUP_HEADER_END_MAX = 0x290;

/** loadflags. @see boot.rst "loadflags" */
export const LOADFLAGS = {
  LOADED_HIGH: 0x01,
  KASLR_FLAG: 0x02,
  QUIET_FLAG: 0x20,
  KEEP_SEGMENTS: 0x40,
  CAN_USE_HEAP: 0x80,
} as const;
/** xloadflags. @see boot.rst "xloadflags" */
export const XLOADFLAGS = {
  XLF_KERNEL_64: 0x01,
  XLF_CAN_BE_LOADED_ABOVE_4G: 0x02,
  XLF_EFI_HANDOVER_32: 0x04,
  XLF_EFI_HANDOVER_64: 0x08,
  XLF_EFI_KEXEC: 0x10,
} as const;

/** The oldest protocol with this header; an image that claims an older one is read as if it had it. */
const OLDEST_VERSION = 0x0200;

/** Reads every field that the image's own protocol version has; nothing is checked. */
export function readSetupHeader(image: Uint8Array): SetupHeader {
  const version = Math.max(readField(image, SETUP_HEADER.version), OLDEST_VERSION);
  return Object.fromEntries(
    Object.entries(SETUP_HEADER).map(([name, row]) => [
      name,
      row.since <= version ? readField(image, row) : undefined,
    ]),
  ) as SetupHeader;
}

/**
 * The file offset at which the header ends.
 *
 * boot.rst, "jump": the second byte of the jump at 0x200 counts from 0x202. Where the jump is no short one, or
 * stops before the fields of its own protocol, those fields end the header.
 */
export function setupHeaderEnd(header: SetupHeader): number {
  const isShortJump = (header.jump & 0xff) === 0xeb;
  const jumpEnd = isShortJump ? 0x202 + (header.jump >>> 8) : 0;
  const fieldsEnd = Math.max(
    ...Object.values(SETUP_HEADER)
      .filter((row) => row.since <= header.version)
      .map((row) => row.offset + row.bytes),
  );
  return Math.min(Math.max(jumpEnd, fieldsEnd), SETUP_HEADER_END_MAX);
}

/** `2.15` for 0x020f. */
export function protocolText(version: number): string {
  return `${version >>> 8}.${String(version & 0xff).padStart(2, '0')}`;
}
