/** The functions that emitted handlers import, by name, type and number. */
import { type FuncType, I32 } from './wasm/types.js';

/**
 * Functions that every emitted module imports first, in this order. A segment is given as the state offset
 * of its descriptor cache.
 */
export const IMPORTS = [
  { name: 'read', type: { params: [I32, I32, I32], results: [I32] } },
  { name: 'write', type: { params: [I32, I32, I32, I32], results: [] } },
  { name: 'check', type: { params: [I32, I32, I32], results: [] } },
  { name: 'checkRead', type: { params: [I32, I32, I32], results: [] } },
  { name: 'raise', type: { params: [I32, I32], results: [] } },
  { name: 'system', type: { params: [I32], results: [I32] } },
] as const satisfies readonly { name: string; type: FuncType }[];
export const READ = 0;
export const WRITE = 1;
export const CHECK = 2;
export const CHECK_READ = 3;
export const RAISE = 4;
export const SYSTEM = 5;
/** Stands for an absent error code. */
export const NO_ERROR_CODE = -1;
