/** The parameters of every handler, by the numbers of their locals. */

/** Address of the record. */
export const RECORD = 0;
/** Instructions left of the budget, the record's own included. */
export const COUNT = 1;
/** EIP of the start of the page that the record belongs to. */
export const PAGE_EIP = 2;
export const HANDLER_PARAMETERS = 3;
