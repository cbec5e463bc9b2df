/** String instructions: one iteration an execution, so that a REP can be interrupted between any two. */
import { EAX, ECX, EDI, EFLAGS_REST, ES, ESI } from '../state/layout.js';
import { setSub, zf } from './flags.js';
import { DATA_SEGMENT, type Machine, type Semantics, type Size } from './machine.js';

const DF_BIT = 10;

/** What one iteration does: memory first, then (E)SI, (E)DI and flags. */
type Iteration = <V>(m: Machine<V>, size: Size) => void;

/** How an iteration is repeated. */
type Repeat = <V>(m: Machine<V>, size: Size, iteration: Iteration) => void;

/** The byte form takes its size from the opcode, the other from the operand size. */
function bytes(iteration: Iteration, repeated: Repeat): Semantics {
  return (m) => repeated(m, 8, iteration);
}

function words(iteration: Iteration, repeated: Repeat): Semantics {
  return (m) => repeated(m, m.operandSize, iteration);
}

/** REP: (E)CX iterations; with 0 none. */
const repeat: Repeat = (m, size, iteration) => {
  repeatWhile(
    m,
    () => iteration(m, size),
    () => m.int(1),
  );
};

/** REP where many iterations may be one copy or one fill. */
const repeatInBulk = (what: 'move' | 'fill'): Repeat => {
  return (m, size, iteration) => {
    const iterate = () => {
      if (m.rep !== 0) m.bulk?.(what, size);
      iteration(m, size);
    };
    repeatWhile(m, iterate, () => m.int(1));
  };
};

/** REPE and REPNE: they end early too, when ZF is no more what the prefix says. */
const repeatWhileFlag: Repeat = (m, size, iteration) => {
  repeatWhile(
    m,
    () => iteration(m, size),
    () => (m.rep === 0xf3 ? zf(m) : m.eqz(zf(m))),
  );
};

function repeatWhile<V>(m: Machine<V>, iterate: () => void, holds: () => V): void {
  if (m.rep === 0) {
    iterate();
    return;
  }
  const { addressSize } = m;
  m.if(m.get(ECX, addressSize), () => {
    iterate();
    const left = m.let(m.sub(m.get(ECX, addressSize), m.int(1)));
    m.set(ECX, left, addressSize);
    m.if(m.and(m.ne(left, m.int(0)), holds()), () => m.again());
  });
}

const moveOne: Iteration = (m, size) => {
  const value = m.let(m.load(DATA_SEGMENT, m.let(m.get(ESI, m.addressSize)), size));
  m.store(ES, m.let(m.get(EDI, m.addressSize)), value, size);
  advance(m, size, ESI, EDI);
};

const compareOne: Iteration = (m, size) => {
  const left = m.let(m.load(DATA_SEGMENT, m.let(m.get(ESI, m.addressSize)), size));
  const right = m.let(m.load(ES, m.let(m.get(EDI, m.addressSize)), size));
  setSub(m, size, left, right, m.let(m.sub(left, right)));
  advance(m, size, ESI, EDI);
};

const scanOne: Iteration = (m, size) => {
  const right = m.let(m.load(ES, m.let(m.get(EDI, m.addressSize)), size));
  const left = m.let(m.get(EAX, size));
  setSub(m, size, left, right, m.let(m.sub(left, right)));
  advance(m, size, EDI);
};

const loadOne: Iteration = (m, size) => {
  m.set(EAX, m.load(DATA_SEGMENT, m.let(m.get(ESI, m.addressSize)), size), size);
  advance(m, size, ESI);
};

const storeOne: Iteration = (m, size) => {
  m.store(ES, m.let(m.get(EDI, m.addressSize)), m.get(EAX, size), size);
  advance(m, size, EDI);
};

/** Moves index registers by one element: up when DF = 0, down when DF = 1. */
function advance<V>(m: Machine<V>, size: Size, ...registers: number[]): void {
  const direction = m.and(m.shrU(m.get(EFLAGS_REST), m.int(DF_BIT)), m.int(1));
  const step = m.let(m.sub(m.int(size / 8), m.mul(direction, m.int(size / 4))));
  for (const register of registers) {
    m.set(register, m.add(m.get(register), step), m.addressSize);
  }
}

/** MOVSB. */
export const movs8: Semantics = bytes(moveOne, repeatInBulk('move'));
/** MOVSW, MOVSD. */
export const movs: Semantics = words(moveOne, repeatInBulk('move'));
/** CMPSB. */
export const cmps8: Semantics = bytes(compareOne, repeatWhileFlag);
/** CMPSW, CMPSD. */
export const cmps: Semantics = words(compareOne, repeatWhileFlag);
/** SCASB. */
export const scas8: Semantics = bytes(scanOne, repeatWhileFlag);
/** SCASW, SCASD. */
export const scas: Semantics = words(scanOne, repeatWhileFlag);
/** LODSB. */
export const lods8: Semantics = bytes(loadOne, repeat);
/** LODSW, LODSD. */
export const lods: Semantics = words(loadOne, repeat);
/** STOSB. */
export const stos8: Semantics = bytes(storeOne, repeatInBulk('fill'));
/** STOSW, STOSD. */
export const stos: Semantics = words(storeOne, repeatInBulk('fill'));
