/** The purgatory’s addresses are written at their labels. */
import { expect, test } from 'vitest';
import { readField } from './field.js';
import { PURGATORY_LABELS } from './purgatory/purgatory.bytes.js';
import { linkPurgatory, PURGATORY_BYTES } from './purgatory.js';

const link = { mem: 0x9_e000, entry: 0x100_0000, bootParams: 0x3000 };

test('the purgatory is less than a page', () => {
  expect(PURGATORY_BYTES).toBeLessThan(0x1000);
  expect(linkPurgatory(link)).toHaveLength(PURGATORY_BYTES);
});

test('its addresses are written at their labels, and nothing else changes', () => {
  const code = linkPurgatory(link);
  const word = (offset: number) => readField(code, { offset, bytes: 4 });
  expect(word(PURGATORY_LABELS.load_address)).toBe(link.mem);
  expect(word(PURGATORY_LABELS.entry32)).toBe(link.entry);
  expect(word(PURGATORY_LABELS.boot_params)).toBe(link.bootParams);
  const blank = linkPurgatory({ mem: 0, entry: 0, bootParams: 0 });
  for (const offset of Object.values(PURGATORY_LABELS)) code.fill(0, offset, offset + 4);
  expect(code).toEqual(blank);
});
