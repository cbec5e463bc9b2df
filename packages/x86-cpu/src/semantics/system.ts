/** System instructions by their families, under one name for the row tables. */
export {
  clts,
  lmsw,
  movFromCr,
  movFromDr,
  movFromTr,
  movToCr,
  movToDr,
  movToTr,
  smsw,
} from './control-register.js';
export { lgdt, lidt, lldt, ltr, sgdt, sidt, sldt, str } from './descriptor-register.js';
export { sysenter, sysexit } from './fast-call.js';
export { cpuid, rdmsr, rdpmc, rdtsc, wrmsr } from './identity.js';
export { arpl, lar, lsl, verr, verw } from './privilege.js';
export { invd, invlpg, ud, wbinvd } from './processor.js';
export { wait } from './x87/escape.js';
