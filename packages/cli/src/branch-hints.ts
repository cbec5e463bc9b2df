/** V8's switch for branch hints, which translated code carries: cold ways out are then put out of the hot code's way. */
import { setFlagsFromString } from 'node:v8';

/** Majors of Node whose V8 has the hints, but not by default; it complains of a switch that it does not know. */
const FIRST_MAJOR = 20;
const LAST_MAJOR = 24;

/** To be called before anything is compiled. */
export function useBranchHints(): void {
  const major = Number.parseInt(process.versions.node, 10);
  if (major < FIRST_MAJOR || major > LAST_MAJOR) return;
  setFlagsFromString('--experimental-wasm-branch-hinting');
}
