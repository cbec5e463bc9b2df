/** What the two syntaxes read differently in expressions and names. */

export interface Dialect {
  readonly name: 'intel' | 'att';
  /** Binary operators from the loosest to the tightest. */
  readonly precedence: readonly (readonly string[])[];
  /** The statement's own address. */
  readonly here: '$' | '.';
  /** A leading dot makes a label local to the one before it. */
  readonly hasLocalLabels: boolean;
}

/** NASM's, with C's precedence. */
export const INTEL: Dialect = {
  name: 'intel',
  precedence: [['|'], ['^'], ['&'], ['<<', '>>'], ['+', '-'], ['*', '/', '%']],
  here: '$',
  hasLocalLabels: true,
};

/** GNU as's (its manual, "Infix Operators"). */
export const ATT: Dialect = {
  name: 'att',
  precedence: [
    ['+', '-'],
    ['|', '&', '^'],
    ['*', '/', '%', '<<', '>>'],
  ],
  here: '.',
  hasLocalLabels: false,
};
