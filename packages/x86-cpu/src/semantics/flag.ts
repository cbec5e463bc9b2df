/** Instructions on single flags that need no privilege. */
import { EAX, EFLAGS_REST } from '../state/layout.js';
import { arithmeticFlags, cf, of, setArithmeticFlags, setCf } from './flags.js';
import type { Semantics } from './machine.js';

const DF_MASK = 0x400;
const AH = EAX + 1;
const FIXED_MASK = 0x2;
/** SF ZF AF PF CF: what fits in AH. */
const LOW_FLAGS_MASK = 0xd5;

/** CLC. */
export const clc: Semantics = (m) => setCf(m, m.int(0));

/** STC. */
export const stc: Semantics = (m) => setCf(m, m.int(1));

/** CMC. */
export const cmc: Semantics = (m) => setCf(m, m.eqz(cf(m)));

/** CLD. */
export const cld: Semantics = (m) => {
  m.set(EFLAGS_REST, m.and(m.get(EFLAGS_REST), m.int(~DF_MASK)));
};

/** STD. */
export const std: Semantics = (m) => {
  m.set(EFLAGS_REST, m.or(m.get(EFLAGS_REST), m.int(DF_MASK)));
};

/** LAHF. */
export const lahf: Semantics = (m) => {
  m.set(AH, m.or(m.and(arithmeticFlags(m), m.int(LOW_FLAGS_MASK)), m.int(FIXED_MASK)), 8);
};

/** SAHF: OF stays. */
export const sahf: Semantics = (m) => {
  const low = m.and(m.get(AH, 8), m.int(LOW_FLAGS_MASK));
  setArithmeticFlags(m, m.or(low, m.shl(of(m), m.int(11))));
};
