/** Prefixes that both syntaxes write as words before a mnemonic. */

export const PREFIX_BYTES: ReadonlyMap<string, number> = new Map([
  ['lock', 0xf0],
  ['repne', 0xf2],
  ['repnz', 0xf2],
  ['rep', 0xf3],
  ['repe', 0xf3],
  ['repz', 0xf3],
  ['es', 0x26],
  ['cs', 0x2e],
  ['ss', 0x36],
  ['ds', 0x3e],
  ['fs', 0x64],
  ['gs', 0x65],
]);

/** Segment override prefixes by the segment register's number. */
export const SEGMENT_PREFIXES: readonly number[] = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];
