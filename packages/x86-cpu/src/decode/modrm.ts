/** ModRM and SIB: the effective address that they and a displacement name. */
import { DS, SS } from '../state/layout.js';
import type { CodeCursor } from './code-cursor.js';
import type { EffectiveAddress } from './decoded.js';
import type { Prefixes } from './prefix.js';

const BX = 3;
const SP = 4;
const BP = 5;
const SI = 6;
const DI = 7;
const NONE = -1;

// SDM Vol. 2A, 2.1.5, Table 2-1 "16-Bit Addressing Forms with the ModR/M Byte": base and index by ModRM.rm.
const BASE_16 = [BX, BX, BP, BP, SI, DI, BP, BX] as const;
const INDEX_16 = [SI, DI, SI, DI, NONE, NONE, NONE, NONE] as const;

/** Reads the rest of a memory operand. `modrm` must not be a register form (mod = 3). */
export function readAddress(cursor: CodeCursor, modrm: number, prefixes: Prefixes): EffectiveAddress {
  return prefixes.addressSize === 16
    ? readAddress16(cursor, modrm, prefixes.segment)
    : readAddress32(cursor, modrm, prefixes.segment);
}

function readAddress16(cursor: CodeCursor, modrm: number, override: Prefixes['segment']): EffectiveAddress {
  const mod = modrm >> 6;
  const rm = modrm & 7;
  // mod = 0 with rm = 6 is a bare disp16 in place of [BP].
  if (mod === 0 && rm === 6) return address(override, NONE, NONE, 0, cursor.u16());
  const displacement = mod === 0 ? 0 : mod === 1 ? cursor.i8() : cursor.u16();
  return address(override, BASE_16[rm] ?? NONE, INDEX_16[rm] ?? NONE, 0, displacement);
}

function readAddress32(cursor: CodeCursor, modrm: number, override: Prefixes['segment']): EffectiveAddress {
  const mod = modrm >> 6;
  let base = modrm & 7;
  let index = NONE;
  let scale: EffectiveAddress['scale'] = 0;
  if (base === SP) {
    // rm = 4 stands for a SIB byte: scale, index, base. Index 4 means none.
    const sib = cursor.u8();
    base = sib & 7;
    index = ((sib >> 3) & 7) === SP ? NONE : (sib >> 3) & 7;
    scale = (sib >> 6) as EffectiveAddress['scale'];
  }
  // mod = 0 with base 5 is a bare disp32 in place of [EBP].
  if (mod === 0 && base === BP) return address(override, NONE, index, scale, cursor.i32());
  const displacement = mod === 0 ? 0 : mod === 1 ? cursor.i8() : cursor.i32();
  return address(override, base, index, scale, displacement);
}

/** SDM Vol. 1, 3.7.4 "Specifying a Segment Selector": a base of (E)SP or (E)BP means SS, all else DS. */
function address(
  override: Prefixes['segment'],
  base: number,
  index: number,
  scale: EffectiveAddress['scale'],
  displacement: number,
): EffectiveAddress {
  const segment = override !== -1 ? override : base === BP || base === SP ? SS : DS;
  // A scale without an index says nothing.
  return { segment, base, index, scale: index === NONE ? 0 : scale, displacement };
}
