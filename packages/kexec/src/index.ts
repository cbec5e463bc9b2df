/** Public face of @kexec/kexec. */

export type { RelocationStub } from './arch/i386/machine-kexec.js';
export { machineKexecPrepare } from './arch/i386/machine-kexec.js';
export { assembleRelocateKernel, RELOCATE_NEW_KERNEL } from './arch/i386/relocate-kernel.js';
export { RELOCATE_NEW_KERNEL_2_5_48 } from './historic/relocate-kernel.js';
export type { KexecOptions } from './install-kexec.js';
export { installKexec } from './install-kexec.js';
export type { Kexec, KexecEngine, KexecState } from './kexec.js';
export { saveKexec } from './kexec.js';
export type { KexecCaller } from './kexec-load.js';
export type { Kimage, KimageState } from './kimage.js';
export type { KimageEntry, PageCopy } from './kimage-entry.js';
export {
  IND_DESTINATION,
  IND_DONE,
  IND_INDIRECTION,
  IND_SOURCE,
  kimageEntries,
  pageCopies,
} from './kimage-entry.js';
export type { SegmentViolation } from './segment-check.js';
export { checkSegments, SEGMENT_RULES } from './segment-check.js';
export type { KexecSegment } from './uapi.js';
export * from './uapi.js';
