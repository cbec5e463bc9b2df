/** Modules as the engine reads them. */
import { describe, expect, it } from 'vitest';
import { i32Const, localGet, OP } from './instructions.js';
import { encodeModule, type Func } from './module.js';
import { EMPTY, I32 } from './types.js';
import { flatten, UNLIKELY } from './values.js';

const SECTION = 'metadata.code.branch_hint';

/** (x) => x < 0 ? -1 : 1, its branch said to be unlikely. */
function signOf(): Func {
  const unlikely: number[] = [];
  const body = flatten(
    [
      localGet(0),
      i32Const(0),
      OP['i32.lt_s'],
      UNLIKELY,
      OP.if,
      EMPTY,
      i32Const(-1),
      OP.return,
      OP.end,
      i32Const(1),
    ],
    unlikely,
  );
  return { type: { params: [I32], results: [I32] }, locals: [I32, I32], body, unlikely };
}

describe('branch hints', () => {
  const funcs = [{ ...signOf(), unlikely: [] }, signOf()];
  const bytes = encodeModule({ imports: [], funcs, table: undefined, exports: [{ name: 'sign', func: 1 }] });
  const module = new WebAssembly.Module(bytes as BufferSource);

  it('stand before the code, by function and by offset from its declarations of locals', () => {
    const [section] = WebAssembly.Module.customSections(module, SECTION);
    // One function, number 1, with one hint at an offset: one byte, which says "not taken".
    const [count, func, hints, offset = 0, size, taken] = new Uint8Array(section ?? new ArrayBuffer(0));
    expect([count, func, hints, size, taken]).toEqual([1, 1, 1, 1, 0]);
    const declarations = 1 + 2;
    expect(offset).toBe(declarations + [...signOf().body].indexOf(OP.if));
  });

  it('change nothing that the code does', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { sign } = new WebAssembly.Instance(module, { cpu: { memory } }).exports as {
      sign(x: number): number;
    };
    expect([sign(-5), sign(0), sign(7)]).toEqual([-1, 1, 1]);
  });
});
