/** Public face of @kexec/kexec. */

export { I386_PAGES } from './arch/i386/limits.js';
export { assembleRelocateKernel, RELOCATE_NEW_KERNEL } from './arch/i386/relocate-kernel.js';
export type { HistoricDefect } from './historic/defects.js';
export { HISTORIC_DEFECTS } from './historic/defects.js';
export type { HistoricKexec, HistoricKexecState } from './historic/historic-kexec.js';
export { RELOCATE_NEW_KERNEL_2_5_48 } from './historic/relocate-kernel.js';
export type { KexecOptions } from './install-kexec.js';
export { installKexec } from './install-kexec.js';
export type { Kexec, KexecEngine, KexecKernel, KexecState } from './kexec.js';
export { loadedHead, saveKexec } from './kexec.js';
export type { KexecArch, PageRules } from './kexec-arch.js';
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
