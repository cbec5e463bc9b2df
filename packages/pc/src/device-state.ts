/** A device's registers as plain numbers: how they are saved and, checked, loaded again. */
import { KexecError } from '@kexec/phys-mem';

/** What every device saves: names and integers, nothing else; survives JSON and structured clone. */
export type DeviceState = Readonly<Record<string, number | readonly number[]>>;

/** A device's own registers, as it works on them. */
export type Registers = Record<string, number | number[]>;

/** A part of the machine whose state is saved by name. */
export interface Savable {
  saveState(): DeviceState;
  loadState(state: DeviceState): void;
}

/** Copies a device's registers. */
export function saveRegisters(registers: Registers): DeviceState {
  return Object.fromEntries(
    Object.entries(registers).map(([name, value]) => [name, Array.isArray(value) ? [...value] : value]),
  );
}

/**
 * Copies saved numbers into a device's registers, all of them or none.
 *
 * @throws KexecError `BAD_STATE` when a register is missing, or its value is not an integer or a list of them
 */
export function loadRegisters(registers: Registers, state: DeviceState): void {
  const loaded: Registers = {};
  for (const [name, value] of Object.entries(registers)) {
    const saved = Object.hasOwn(state, name) ? state[name] : undefined;
    loaded[name] = Array.isArray(value) ? integers(name, saved) : integer(name, saved);
  }
  Object.assign(registers, loaded);
}

/** A part's state as its owner saves it: each name with the part's before it. */
export function prefixedState(part: string, state: DeviceState): DeviceState {
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [`${part}.${name}`, value]));
}

/** A part's state out of its owner's. */
export function nestedState(part: string, state: DeviceState): DeviceState {
  const own = Object.entries(state).filter(([name]) => name.startsWith(`${part}.`));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(part.length + 1), value]));
}

function integers(name: string, saved: unknown): number[] {
  if (!Array.isArray(saved)) throw badState(name, saved);
  return saved.map((value: unknown) => integer(name, value));
}

function integer(name: string, saved: unknown): number {
  if (typeof saved !== 'number' || !Number.isSafeInteger(saved)) throw badState(name, saved);
  return saved;
}

function badState(name: string, saved: unknown): KexecError {
  return new KexecError('BAD_STATE', `saved register ${name} is ${String(saved)}, not an integer`, {
    details: { name },
    remedy: 'The snapshot is damaged or of another version; make it again.',
  });
}
