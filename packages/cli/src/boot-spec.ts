/** Boot tests as a file: JSON or YAML to what is booted, what is waited for, and what must not come. */
import { dirname, resolve } from 'node:path';
import { IMAGE_TYPES } from '@kexec/loaders';
import type { BootStep, MachineOptions } from '@kexec/machine';
import { InvalidArgumentError } from 'commander';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-code.js';
import { parseDuration, parseSize } from './options.js';

/** One boot, as it is written: paths are relative to the file. */
export interface BootSpec {
  readonly name: string;
  /** A kernel image, or one of the demos by `demo`. */
  readonly kernel?: string;
  readonly demo?: string;
  readonly type?: (typeof IMAGE_TYPES)[number];
  readonly append?: string;
  readonly initrd?: string;
  readonly realMode?: boolean;
  /** Bytes. */
  readonly memory?: number;
  readonly cpu?: string;
  readonly engine?: MachineOptions['engine'];
  readonly kernelArgs?: string;
  readonly seed?: number;
  readonly steps: readonly BootStep[];
  readonly fail?: readonly (string | RegExp)[];
  /** Seconds of the guest's time for each step. */
  readonly within?: number;
  /** Instructions for all of them. */
  readonly instructions?: number;
}

type Reader<T> = (value: unknown, path: string) => T;

/** @throws CliError BOOT_SPEC with the place in the file */
export async function parseBootSpecs(text: string, file: string): Promise<BootSpec[]> {
  // Imported here: no other command reads YAML.
  const { parse } = await import('yaml');
  let root: unknown;
  try {
    root = parse(text);
  } catch (error) {
    throw refuse(file, error instanceof Error ? error.message : String(error));
  }
  const { boots, defaults } = fields(root, file, ['boots', 'defaults']);
  const common = defaults === undefined ? {} : record(defaults, 'defaults');
  const specs = list((boot, path) => bootSpec({ ...common, ...record(boot, path) }, path, dirname(file)))(
    boots,
    'boots',
  );
  const twice = specs.find(({ name }, at) => specs.findIndex((other) => other.name === name) !== at);
  if (twice) throw refuse('boots', `two are called "${twice.name}"`);
  return specs;
}

/** `/…/i` is a regular expression; any other text stands for itself. */
export function parsePattern(text: string, path = 'pattern'): string | RegExp {
  const [, source, flags] = /^\/(.+)\/([a-z]*)$/s.exec(text) ?? [];
  if (source === undefined) return text;
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw refuse(path, error instanceof Error ? error.message : String(error));
  }
}

/** A specification as JSON: what parseBootSpecs reads. */
export function bootSpecJson(spec: BootSpec): string {
  const asText = (_key: string, value: unknown) => (value instanceof RegExp ? `${value}` : value);
  return `${JSON.stringify({ boots: [spec] }, asText, 2)}\n`;
}

function refuse(path: string, message: string): CliError {
  return new CliError(EXIT.USAGE, 'BOOT_SPEC', `${path}: ${message}`, {
    remedy: 'kexec explain BOOT_SPEC shows a file that is right.',
  });
}

const text: Reader<string> = (value, path) => {
  if (typeof value !== 'string') throw refuse(path, 'a text is wanted');
  return value;
};
const flag: Reader<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw refuse(path, 'true or false is wanted');
  return value;
};
const count: Reader<number> = (value, path) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw refuse(path, 'a whole number is wanted');
  return value;
};
const pattern: Reader<string | RegExp> = (value, path) => parsePattern(text(value, path), path);

/** A number as it is, or a text that an option's parser reads. */
const number =
  (read: (text: string) => number): Reader<number> =>
  (value, path) => {
    if (typeof value === 'number' && value >= 0) return value;
    try {
      return read(text(value, path));
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw refuse(path, error.message);
    }
  };
const size = number(parseSize);
const seconds = number((value) => parseDuration(value) / 1000);

const oneOf =
  <T extends string>(names: readonly T[]): Reader<T> =>
  (value, path) => {
    const name = names.find((known) => known === value);
    if (name === undefined) throw refuse(path, `one of ${names.join(', ')} is wanted`);
    return name;
  };

const list =
  <T>(read: Reader<T>): Reader<T[]> =>
  (value, path) => {
    if (!Array.isArray(value) || value.length === 0) throw refuse(path, 'a list is wanted');
    return value.map((item, at) => read(item, `${path}[${at}]`));
  };

/** How a machine may be said to stop. */
export const STOPS = ['power-off', 'reset', 'exit', 'halted-forever', 'idle', 'triple-fault'] as const;

const ENGINES = ['fixed', 'historic'] as const;

const step: Reader<BootStep> = (value, path) => {
  const given = fields(value, path, ['expect', 'send', 'stop', 'within']);
  const within = given.within === undefined ? {} : { within: seconds(given.within, `${path}.within`) };
  if (given.expect !== undefined) return { expect: pattern(given.expect, `${path}.expect`), ...within };
  if (given.stop !== undefined) return { stop: oneOf(STOPS)(given.stop, `${path}.stop`), ...within };
  return { send: text(given.send, `${path}.send`) };
};

/** One line a key. */
const READERS: { readonly [Key in keyof BootSpec]-?: Reader<BootSpec[Key]> } = {
  name: text,
  kernel: text,
  demo: text,
  type: oneOf(IMAGE_TYPES),
  append: text,
  initrd: text,
  realMode: flag,
  memory: size,
  cpu: text,
  engine: oneOf(ENGINES),
  kernelArgs: text,
  seed: count,
  steps: list(step),
  fail: (value, path) => (Array.isArray(value) && value.length === 0 ? [] : list(pattern)(value, path)),
  within: seconds,
  instructions: count,
};

const PATHS = ['kernel', 'initrd'] as const;

function bootSpec(given: Record<string, unknown>, path: string, folder: string): BootSpec {
  const known = fields(given, path, Object.keys(READERS));
  const entries = Object.entries(READERS).flatMap(([key, read]) =>
    known[key] === undefined ? [] : [[key, read(known[key], `${path}.${key}`)] as const],
  );
  const spec = Object.fromEntries(entries) as unknown as BootSpec;
  if (spec.name === undefined || spec.steps === undefined) throw refuse(path, 'a boot has a name and steps');
  if ((spec.kernel === undefined) === (spec.demo === undefined))
    throw refuse(path, 'a boot has either a kernel or a demo');
  const paths = PATHS.flatMap((key) => {
    const relative = spec[key];
    return relative === undefined ? [] : [[key, resolve(folder, relative)] as const];
  });
  return { ...spec, ...Object.fromEntries(paths) };
}

function record(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse(path, 'names and values are wanted');
  return { ...value };
}

function fields(value: unknown, path: string, names: readonly string[]): Record<string, unknown> {
  const given = record(value, path);
  const unknown = Object.keys(given).find((key) => !names.includes(key));
  if (unknown !== undefined) throw refuse(path, `there is no "${unknown}"; known are ${names.join(', ')}`);
  return given;
}
