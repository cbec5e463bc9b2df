/** Locals of a region's function: its parameters, the guest registers, the flag words, and temporaries. */

/** The parameters are those of a handler. */
export { COUNT, HANDLER_PARAMETERS, PAGE_EIP, RECORD } from '../interpreter/handler-parameters.js';

import { HANDLER_PARAMETERS } from '../interpreter/handler-parameters.js';

/** EAX to EDI in ModRM order. */
export const FIRST_REGISTER = HANDLER_PARAMETERS;
export const FLAG_RESULT_LOCAL = FIRST_REGISTER + 8;
export const FLAG_AUX_LOCAL = FIRST_REGISTER + 9;
/** Where to go on, for an exit by EIP. */
export const EXIT_EIP = FIRST_REGISTER + 10;
/** The block table's entry, on the way to it. */
export const EXIT_ENTRY = FIRST_REGISTER + 11;
export const FIRST_TEMPORARY = FIRST_REGISTER + 12;
