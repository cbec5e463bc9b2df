/** When code is translated: the tier-up policy, and the switch that turns it off. */
import { REGION_SLOTS } from '../interpreter/handler-module.js';
import type { Insn } from '../isa/insn.js';

/** A region, to be looked at. */
export interface RegionReport {
  /** Physical address of the entry. */
  readonly paddr: number;
  /** Offsets in its page: of the first byte, and after the last. */
  readonly start: number;
  readonly end: number;
  /** The instructions, block after block. */
  readonly listing: readonly string[];
  /** Their rows. */
  readonly rows: readonly Insn[];
  /** The module that holds it, and which of its functions it is, imports not counted. */
  readonly module: Uint8Array;
  readonly func: number;
}

/** When code is translated. */
export interface TierPolicy {
  /** Arrivals that make the target of jumps hot. */
  readonly arrivals: number;
  /** A module is made when so many regions wait, … */
  readonly batch: number;
  /** … or when so many instructions have gone by since the first of them became hot. */
  readonly patience: number;
  /** Regions at most, up to REGION_SLOTS of handler-module.ts; one more, and all code is decoded and counted anew. */
  readonly regions: number;
  /** Told of each region: for lockstep, and for people. */
  readonly onRegion?: (region: RegionReport) => void;
}

/** The default; measured (RATIONALE.md). */
export const TIER_POLICY: TierPolicy = {
  arrivals: 2000,
  batch: 64,
  patience: 3_000_000,
  regions: REGION_SLOTS,
};

/** True for the default policy, false for the interpreter alone. */
export type TranslatorChoice = boolean | Partial<TierPolicy>;

/** The policy that is meant; undefined for none. */
export function tierPolicy(choice: TranslatorChoice): TierPolicy | undefined {
  if (choice === false) return undefined;
  return choice === true ? TIER_POLICY : { ...TIER_POLICY, ...choice };
}
