/** The demo kernels: small, of our own, assembled from the text beside them when asked for. */
export { createBeobootGuest } from './beoboot-guest.js';
export { createBootNotesGuest } from './boot-notes-guest.js';
export { createBzImageGuest } from './bzimage-guest.js';
export { createElf, createElfGuest } from './elf-guest.js';
export { createKexecProgram } from './kexec-program.js';
export { createMultibootGuest } from './multiboot-guest.js';
export { createMultiboot2Guest, type RelocatableTag } from './multiboot2-guest.js';
export { createNbiGuest, createRealModeNbiGuest } from './nbi-guest.js';
export { LOAD_ADDRESS, REPORT } from './report.js';
