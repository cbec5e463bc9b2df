/** Mandatory prefixes and register forms choose the row. */
import { describe, expect, it } from 'vitest';
import { decode } from '../decode/decode.js';

function rowOf(hex: string): string {
  const bytes = hex.split(' ').map((byte) => Number.parseInt(byte, 16));
  const decoded = decode((offset) => bytes[offset] ?? 0, 32);
  return typeof decoded === 'string' ? decoded : decoded.insn.text;
}

describe('a mandatory prefix', () => {
  it.each([
    ['0f 58 c1', 'ADDPS Vps,Wps'],
    ['66 0f 58 c1', 'ADDPD Vpd,Wpd'],
    ['f3 0f 58 c1', 'ADDSS Vss,Wss'],
    ['f2 0f 58 c1', 'ADDSD Vsd,Wsd'],
  ])('%s is %s', (hex, text) => expect(rowOf(hex)).toBe(text));

  it('F2 and F3 come before 66, and of the two the last', () => {
    expect(rowOf('66 f3 0f 58 c1')).toBe('ADDSS Vss,Wss');
    expect(rowOf('f3 66 0f 58 c1')).toBe('ADDSS Vss,Wss');
    expect(rowOf('f3 f2 0f 58 c1')).toBe('ADDSD Vsd,Wsd');
  });

  it('that no row has makes the opcode undefined', () => {
    expect(rowOf('f3 0f 60 c1')).toBe('undefined-opcode');
    expect(rowOf('66 0f 77')).toBe('undefined-opcode');
    expect(rowOf('0f 6c c1')).toBe('undefined-opcode');
  });

  it('LOCK is #UD', () => expect(rowOf('f0 0f 58 01')).toBe('undefined-opcode'));
});

describe('ModRM', () => {
  it('chooses by register and memory: MOVLPS and MOVHLPS, SFENCE and CLFLUSH', () => {
    expect(rowOf('0f 12 01')).toBe('MOVLPS Vq,Mq');
    expect(rowOf('0f 12 c1')).toBe('MOVHLPS Vq,Uq');
    expect(rowOf('0f ae 39')).toBe('CLFLUSH Mb');
    expect(rowOf('0f ae f8')).toBe('SFENCE');
  });

  it('chooses by reg within a prefix: PSRLDQ exists on XMM registers alone', () => {
    expect(rowOf('66 0f 73 d9 04')).toBe('PSRLDQ Udq,Ib');
    expect(rowOf('0f 73 d9 04')).toBe('undefined-opcode');
    expect(rowOf('0f 73 d1 04')).toBe('PSRLQ Nq,Ib');
  });
});
