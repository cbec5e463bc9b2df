/** The demo kernels: small, of our own, assembled from the text beside them when asked for. */
export { createBzImageGuest } from './bzimage-guest.js';
export { createElf, createElfGuest } from './elf-guest.js';
export { LOAD_ADDRESS, REPORT } from './report.js';
