/** From an operation's context to the status word: which exceptions are reported, and whether a result is stored. */
import { type Fpu, STATUS_C1, STATUS_SF } from '../../state/fpu.js';
import { DE, FloatContext, IE, OE, type Precision, ROUND, type Rounding, UE, ZE } from './float-context.js';

// SDM Vol. 1, Table 8-2 "Precision Control Field (PC)"; 01 is reserved.
const PRECISIONS: readonly Precision[] = [24, 64, 53, 64];
const ROUNDINGS: readonly Rounding[] = [ROUND.NEAREST, ROUND.DOWN, ROUND.UP, ROUND.ZERO];
const INVALID_OR_ZERO_DIVIDE = IE | ZE;
/** Found before there is a result. */
const OPERAND_FAULTS = IE | ZE | DE;

/** The control word's rules. */
export function contextOf({ control }: Fpu): FloatContext {
  const rounding = ROUNDINGS[(control >> 10) & 3] ?? ROUND.NEAREST;
  return new FloatContext(rounding, PRECISIONS[(control >> 8) & 3] ?? 64, control & 0x3f);
}

/**
 * Reports an operation whose result goes to a register.
 *
 * @returns whether the result may be stored: not when an operand was at fault and that is unmasked
 * @see SDM Vol. 1, 8.5 "x87 FPU Floating-Point Exception Conditions"
 */
export function report(fpu: Fpu, context: FloatContext): boolean {
  const isStored = (reported(context) & ~context.masks & OPERAND_FAULTS) === 0;
  raise(fpu, reported(context), isStored && context.isRoundedUp);
  return isStored;
}

/** Reports one whose result goes to memory: unmasked overflow and underflow withhold it too. */
export function reportStore(fpu: Fpu, context: FloatContext): boolean {
  const unmasked = reported(context) & ~context.masks;
  // SDM Vol. 1, 8.5.4 and 8.5.5: the operand stays in the register, and so there is no rounding to tell of.
  const range = unmasked & (OE | UE);
  if (range) raise(fpu, reported(context) & (OE | UE), false);
  else raise(fpu, reported(context), context.isRoundedUp);
  return (unmasked & (OPERAND_FAULTS | OE | UE)) === 0;
}

/** An unmasked fault of an operand ends the operation before anything else is found. */
function reported({ flags, masks }: FloatContext): number {
  if (flags & INVALID_OR_ZERO_DIVIDE) return flags & (INVALID_OR_ZERO_DIVIDE | DE);
  return flags & DE & ~masks ? DE : flags;
}

function raise(fpu: Fpu, flags: number, isRoundedUp: boolean): void {
  fpu.setConditions(isRoundedUp ? STATUS_C1 : 0, STATUS_C1);
  fpu.raise(flags);
}

/** Stack underflow: an operand is empty. @returns whether the masked response is to be stored */
export function stackUnderflow(fpu: Fpu): boolean {
  raise(fpu, IE | STATUS_SF, false);
  return (fpu.control & IE) !== 0;
}

/** Stack overflow: C1 tells it from underflow. @returns whether the masked response is to be stored */
export function stackOverflow(fpu: Fpu): boolean {
  raise(fpu, IE | STATUS_SF, true);
  return (fpu.control & IE) !== 0;
}
