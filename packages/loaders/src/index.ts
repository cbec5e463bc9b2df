/** Public face of @kexec/loaders: a kernel's file to the segments, the entry and the state it is started with. */
export {
  BOOT_PARAMS,
  BOOT_PARAMS_BYTES,
  CL_MAGIC,
  E820_ENTRY_BYTES,
  E820_TABLE_OFFSET,
} from './bzimage/boot-params.js';
export { type BzImage, readBzImage } from './bzimage/read-bzimage.js';
export { NO_SCREEN, type ScreenInfo, VGA_TEXT_80X25 } from './bzimage/screen-info.js';
export {
  LOADFLAGS,
  protocolText,
  readSetupHeader,
  SETUP_HEADER,
  type SetupField,
  type SetupFieldName,
  type SetupHeader,
  XLOADFLAGS,
} from './bzimage/setup-header.js';
export type { CrashContext, NoteArea } from './crash/crash-context.js';
export { crc32 } from './decompress/checksum.js';
export {
  type Codec,
  DECOMPRESSED_BYTES_MAX,
  type Decompressed,
  decompress,
  isCodec,
} from './decompress/decompress.js';
export { sha256 } from './decompress/sha256.js';
export { ELF_HEADER, ELF_IDENT, type ElfHeader, machineName } from './elf/elf-header.js';
export { PROGRAM_HEADER, type ProgramHeader, PT } from './elf/program-header.js';
export { type ElfFile, readElf } from './elf/read-elf.js';
export { type Field, type FieldValue, readField } from './field.js';
export { type ImageReport, type InspectedField, inspectImage } from './inspect.js';
export type { LinuxHandOff, LoadModule, LoadOptions, LoadPlan } from './load-plan.js';
export { LOADER_ERRORS, LoaderError, type LoaderErrorCode, type LoaderErrorRow } from './loader-error.js';
export { altMemK, e820Table, extMemK, ramRanges } from './memory-ranges.js';
export { MULTIBOOT } from './multiboot/multiboot-header.js';
export { MULTIBOOT_INFO, MULTIBOOT_INFO_FLAGS } from './multiboot/multiboot-info.js';
export { MULTIBOOT2_TAG } from './multiboot/multiboot2-header.js';
export { MULTIBOOT2_INFO } from './multiboot/multiboot2-info.js';
export {
  type HoleRequest,
  type HoleTrial,
  locateHole,
  type PlacementStep,
  type Segment,
} from './placement.js';
export { draftLoad, planLoad } from './plan.js';
export {
  IMAGE_TYPES,
  type ImageType,
  type ProbeReport,
  type ProbeVerdict,
  probe,
} from './probe.js';
export { PURGATORY_SOURCE } from './purgatory/purgatory.s.js';
export { REAL_MODE_SOURCE } from './purgatory/real-mode.s.js';
export {
  type EntryRegisters,
  linkPurgatory,
  linkRealMode,
  PURGATORY_BYTES,
  type PurgatoryLink,
  type RealModeLink,
} from './purgatory.js';
export type { PurgatoryConsole } from './purgatory-console.js';
export {
  checkRules,
  KEXEC_DESTINATION_MEMORY_LIMIT,
  KEXEC_SEGMENT_MAX,
  type RuleInput,
  type RuleVerdict,
} from './segment-rules.js';
export { compressionOf, identify, type Signature } from './signature.js';
export {
  type BzImagePayload,
  bzImagePayload,
  extractVmlinux,
  type FoundVmlinux,
  searchVmlinux,
  type Unpacked,
  unpackImage,
} from './unpack.js';
