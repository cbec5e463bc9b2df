/** FNSTENV, FLDENV, FNSAVE, FRSTOR: the FPU's state in memory, in its four formats. */

import { isRealAddressing } from '../../state/control.js';
import type { Fpu } from '../../state/fpu.js';
import { FPU_CS, FPU_DP, FPU_DS, FPU_IP, FPU_OPCODE } from '../../state/layout.js';
import type { Registers } from '../../state/registers.js';
import type { SystemMachine } from '../system-machine.js';
import { REAL80 } from './convert.js';
import { nonWaiting, waiting } from './escape.js';
import { FloatContext } from './float-context.js';
import { readBits, writeBits } from './memory.js';

/*
 * Seven words of 16 or 32 bits (SDM Vol. 1, Figures 8-9 to 8-12):
 *
 *   word  protected mode            real-address and virtual-8086 mode
 *   0-2   control, status, tags     the same
 *   3     IP                        low 16 bits of the linear IP
 *   4     CS, and opcode << 16      opcode, and the linear IP from bit 16 on << 12
 *   5     DP                        low 16 bits of the linear DP
 *   6     DS                        the linear DP from bit 16 on << 12
 *
 * The 16-bit formats keep the low half of each word, so that in protected mode they have no opcode. In the
 * 32-bit formats the upper halves that hold nothing are all ones.
 */
const WORDS = 7;
const STACK_BYTES = 80;
const VALUE_BYTES = 10;
const OPCODE_MASK = 0x7ff;
const FILLER = 0xffff_0000;
const MASK_ALL = 0x3f;

export const fnstenv = nonWaiting((m, fpu, memory) => {
  if (!memory) return;
  writeBits(m, memory, environmentBytes(m), environment(m, fpu));
  fpu.control |= MASK_ALL;
});

export const fldenv = waiting((m, fpu, memory) => {
  if (!memory) return;
  loadEnvironment(m, fpu, readBits(m, memory, environmentBytes(m)));
});

export const fnsave = nonWaiting((m, fpu, memory) => {
  if (!memory) return;
  const bytes = environmentBytes(m);
  let bits = environment(m, fpu);
  for (let index = 0; index < 8; index++) {
    bits |=
      REAL80.store(new FloatContext(0, 64, 0), fpu.read(index)) << BigInt(8 * (bytes + VALUE_BYTES * index));
  }
  writeBits(m, memory, bytes + STACK_BYTES, bits);
  fpu.initialize();
});

export const frstor = waiting((m, fpu, memory) => {
  if (!memory) return;
  const bytes = environmentBytes(m);
  const bits = readBits(m, memory, bytes + STACK_BYTES);
  loadEnvironment(m, fpu, BigInt.asUintN(8 * bytes, bits));
  const { tags } = fpu;
  for (let index = 0; index < 8; index++) {
    const value = BigInt.asUintN(8 * VALUE_BYTES, bits >> BigInt(8 * (bytes + VALUE_BYTES * index)));
    fpu.write(index, REAL80.load(new FloatContext(0, 64, 0), value));
  }
  // Of the tags loaded, only which registers are empty is heeded (SDM Vol. 1, 8.1.7).
  fpu.tags = tags;
});

function environmentBytes(m: SystemMachine): number {
  return (WORDS * m.operandSize) / 8;
}

function environment(m: SystemMachine, fpu: Fpu): bigint {
  const { registers } = m.cpu;
  const words = [
    fpu.control | FILLER,
    fpu.status | FILLER,
    fpu.actualTags() | FILLER,
    ...pointers(registers),
  ];
  const mask = m.operandSize === 16 ? 0xffffn : 0xffff_ffffn;
  return words.reduce(
    (bits, word, i) => bits | ((BigInt(word >>> 0) & mask) << BigInt(m.operandSize * i)),
    0n,
  );
}

/** Words 3 to 6. */
function pointers(registers: Registers): number[] {
  const opcode = registers.get(FPU_OPCODE) & OPCODE_MASK;
  const [ip, dp] = [registers.get(FPU_IP), registers.get(FPU_DP)];
  const [cs, ds] = [registers.get(FPU_CS), registers.get(FPU_DS)];
  if (!isRealAddressing(registers)) return [ip, cs | (opcode << 16), dp, ds | FILLER];
  const [linearIp, linearDp] = [(cs << 4) + ip, (ds << 4) + dp];
  return [
    (linearIp & 0xffff) | FILLER,
    ((linearIp >>> 16) << 12) | opcode,
    (linearDp & 0xffff) | FILLER,
    (linearDp >>> 16) << 12,
  ];
}

function loadEnvironment(m: SystemMachine, fpu: Fpu, bits: bigint): void {
  const { registers } = m.cpu;
  const size = m.operandSize;
  const word = (i: number) => Number(BigInt.asUintN(size, bits >> BigInt(size * i)));
  const [ip, selector, dp, data] = [word(3), word(4), word(5), word(6)];
  if (isRealAddressing(registers)) {
    registers.set(FPU_IP, (ip & 0xffff) | ((selector >>> 12) << 16));
    registers.set(FPU_DP, (dp & 0xffff) | ((data >>> 12) << 16));
    registers.set(FPU_OPCODE, selector & OPCODE_MASK);
    registers.set(FPU_CS, 0);
    registers.set(FPU_DS, 0);
  } else {
    registers.set(FPU_IP, ip);
    registers.set(FPU_DP, dp);
    registers.set(FPU_CS, selector & 0xffff);
    registers.set(FPU_DS, data & 0xffff);
    if (size === 32) registers.set(FPU_OPCODE, (selector >>> 16) & OPCODE_MASK);
  }
  fpu.control = word(0) & 0xffff;
  fpu.status = word(1) & 0xffff;
  fpu.tags = word(2) & 0xffff;
}
