/** The assembler against GNU as, line by line. */
import { describe, expect, it } from 'vitest';
import { assemble } from '../asm.js';
import { GAS_VECTORS } from './gas-vectors.js';

describe('the assembler encodes as GNU as does', () => {
  it.each(GAS_VECTORS)('%i: %s', (bits, line, bytes) => {
    const assembled = assemble(line, { bits }).bytes;
    expect([...assembled].map((byte) => byte.toString(16).padStart(2, '0')).join('')).toBe(bytes);
  });
});
