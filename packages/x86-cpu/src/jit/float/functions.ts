/** The functions that floating-point instructions call: made once, in the handlers' module, and imported by regions. */
import type { Func, FuncImport } from '../wasm/module.js';
import { BINARY, type FunctionIndex, ROUND, roundExtended, UNARY } from './extended.js';
import { addition, division, multiply } from './extended-arithmetic.js';
import {
  COMPARISON,
  comparison,
  FROM_INTEGER,
  fromInteger,
  toDouble,
  toInteger,
  toSingle,
} from './extended-convert.js';
import { squareRoot } from './extended-root.js';
import { EXACT, exactDouble } from './scalar.js';

interface FloatFunction extends FuncImport {
  make(indexOf: FunctionIndex): Func;
}

const FUNCTIONS = [
  { name: 'roundExtended', type: ROUND, make: roundExtended },
  { name: 'add', type: BINARY, make: addition },
  { name: 'multiply', type: BINARY, make: multiply },
  { name: 'divide', type: BINARY, make: division },
  { name: 'squareRoot', type: UNARY, make: squareRoot },
  { name: 'compare', type: COMPARISON, make: comparison },
  { name: 'toDouble', type: UNARY, make: toDouble },
  { name: 'toSingle', type: UNARY, make: toSingle },
  { name: 'toInteger', type: UNARY, make: toInteger },
  { name: 'fromInteger', type: FROM_INTEGER, make: fromInteger },
  { name: 'exactAdd', type: EXACT, make: () => exactDouble('add') },
  { name: 'exactMultiply', type: EXACT, make: () => exactDouble('multiply') },
  { name: 'exactDivide', type: EXACT, make: () => exactDouble('divide') },
  { name: 'exactRoot', type: EXACT, make: () => exactDouble('root') },
] as const satisfies readonly FloatFunction[];

export type FloatFunctionName = (typeof FUNCTIONS)[number]['name'];

/** Names and types, in the order of their numbers. */
export const FLOAT_FUNCTIONS: readonly FuncImport[] = FUNCTIONS;

/** The number of a function, the first being number 0. */
export function floatFunctionIndex(name: FloatFunctionName): number {
  return FUNCTIONS.findIndex((entry) => entry.name === name);
}

/** @param first - the number of the first in the module that they are made for */
export function makeFloatFunctions(first: number): Func[] {
  return FUNCTIONS.map(({ make }) => make((name) => first + floatFunctionIndex(name)));
}
