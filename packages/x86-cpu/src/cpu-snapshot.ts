/** A CPU's registers as bytes: everything that decides what it does next, RAM excepted. */
import { KexecError } from '@kexec/phys-mem';
import type { Cpu } from './cpu.js';
import type { RunState } from './run-state.js';
import { setCpl } from './state/control.js';
import { CPL, INTERPRETER_STATE, ST, STATE_END, ZERO } from './state/layout.js';
import { getSegment, setSegment } from './state/segment.js';

/*
 * Little-endian:
 *
 *   +0    'KCPU', version (u32)
 *   +8    state words 0 … INTERPRETER_STATE of layout.ts, then ST … STATE_END
 *   then  u32 length and JSON text of what lies outside the Wasm memory
 */
const MAGIC = 0x5550_434b;
const VERSION = 2;
const HEADER_BYTES = 8;
const STATE_FIELDS: readonly number[] = [...fields(0, INTERPRETER_STATE), ...fields(ST, STATE_END)];
const JSON_OFFSET = HEADER_BYTES + STATE_FIELDS.length * 4 + 4;
const MAX_JSON_BYTES = 0x1_0000;
const SEGMENT_COUNT = 8;

/** The run loop's state, and the distance of the time-stamp counter from the board's clock in decimal digits. */
export type SavedRun = RunState & { readonly timestampOffset: string };

interface OutsideState extends SavedRun {
  readonly model: string;
  /** -1 for one that is not present. */
  readonly pdptes: readonly number[];
  readonly msrs: readonly (readonly [number, string])[];
}

/** Packs the registers and the run loop's state. */
export function saveCpu(cpu: Cpu, run: SavedRun): Uint8Array {
  const outside: OutsideState = {
    ...run,
    model: cpu.model.name,
    pdptes: cpu.paging.pointers.save(),
    msrs: cpu.msrs.save().map(([register, value]) => [register, value.toString()] as const),
  };
  const json = Uint8Array.from(JSON.stringify(outside), (character) => character.charCodeAt(0));
  const bytes = new Uint8Array(JSON_OFFSET + json.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  for (const [i, field] of STATE_FIELDS.entries()) {
    view.setInt32(HEADER_BYTES + 4 * i, cpu.registers.get(field), true);
  }
  view.setUint32(JSON_OFFSET - 4, json.length, true);
  bytes.set(json, JSON_OFFSET);
  return bytes;
}

/** Unpacks into `cpu` and returns the run loop's part; throws KexecError 'CPU_STATE', the CPU then unchanged. */
export function loadCpu(cpu: Cpu, bytes: Uint8Array): SavedRun {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const outside = readOutside(cpu, view);
  for (const [i, field] of STATE_FIELDS.entries()) {
    cpu.registers.set(field, view.getInt32(HEADER_BYTES + 4 * i, true));
  }
  // What follows from other fields is made anew, so that no snapshot can hold it wrong.
  cpu.registers.set(ZERO, 0);
  setCpl(cpu.registers, cpu.registers.get(CPL) & 3);
  for (let index = 0; index < SEGMENT_COUNT; index++) {
    setSegment(cpu.registers, index, getSegment(cpu.registers, index));
  }
  cpu.paging.pointers.restore(outside.pdptes);
  cpu.msrs.restore(outside.msrs.map(([register, value]) => [register, BigInt(value)] as const));
  cpu.flushTlb();
  cpu.modeChanged();
  return outside;
}

/** Offsets of the dwords from `start` to `end`. */
function fields(start: number, end: number): number[] {
  return Array.from({ length: (end - start) / 4 }, (_, i) => start + 4 * i);
}

function readOutside(cpu: Cpu, view: DataView): OutsideState {
  if (view.byteLength < JSON_OFFSET || view.getUint32(0, true) !== MAGIC) {
    throw new KexecError('CPU_STATE', `${view.byteLength} bytes are no CPU state`);
  }
  const version = view.getUint32(4, true);
  if (version !== VERSION) {
    throw new KexecError('CPU_STATE', `CPU state has version ${version}, this build reads ${VERSION}`);
  }
  const length = view.getUint32(JSON_OFFSET - 4, true);
  if (JSON_OFFSET + length !== view.byteLength || length > MAX_JSON_BYTES) {
    throw new KexecError('CPU_STATE', `CPU state of ${view.byteLength} bytes wants ${JSON_OFFSET + length}`);
  }
  const outside = parse(new Uint8Array(view.buffer, view.byteOffset + JSON_OFFSET, length));
  if (outside.model !== cpu.model.name) {
    throw new KexecError(
      'CPU_STATE',
      `CPU state is of model '${outside.model}', this CPU is '${cpu.model.name}'`,
    );
  }
  return outside;
}

function parse(json: Uint8Array): OutsideState {
  const text = Array.from(json, (byte) => String.fromCharCode(byte)).join('');
  try {
    const value: unknown = JSON.parse(text);
    if (isOutsideState(value)) return value;
  } catch {
    // Told below, together with what parses but does not fit.
  }
  throw new KexecError('CPU_STATE', `CPU state holds no run state in its last ${json.length} bytes`);
}

const NUMBERS = ['icount', 'shadow', 'debugPending'] as const;
const BOOLEANS = ['halted', 'repeating', 'interruptLine', 'nmiPending', 'nmiBlocked'] as const;
const isNumber = (value: unknown): boolean => Number.isSafeInteger(value);
const isDecimal = (value: unknown): boolean => typeof value === 'string' && /^-?\d{1,24}$/.test(value);

function isOutsideState(value: unknown): value is OutsideState {
  if (typeof value !== 'object' || value === null) return false;
  const state = value as Readonly<Record<string, unknown>>;
  const { shutdown, pdptes, msrs } = state;
  return (
    NUMBERS.every((name) => isNumber(state[name])) &&
    BOOLEANS.every((name) => typeof state[name] === 'boolean') &&
    typeof state['model'] === 'string' &&
    isDecimal(state['timestampOffset']) &&
    (shutdown === null || (Array.isArray(shutdown) && shutdown.every(isNumber))) &&
    Array.isArray(pdptes) &&
    pdptes.every(isNumber) &&
    Array.isArray(msrs) &&
    msrs.every((entry) => Array.isArray(entry) && isNumber(entry[0]) && isDecimal(entry[1]))
  );
}
