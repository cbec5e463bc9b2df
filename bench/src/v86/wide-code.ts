/** Wide code: many different instructions in a row, as a kernel has them, the same ones each time. */

const REGISTERS = ['eax', 'ebx', 'ecx', 'edx', 'edi', 'ebp'];
const BYTE_REGISTERS = ['al', 'bl', 'cl', 'dl', 'ah', 'bh'];
const CONDITIONS = ['z', 'nz', 'b', 'ae', 'l', 'ge', 'le', 'g', 's', 'ns'];
const ALU = ['add', 'sub', 'xor', 'and', 'or', 'adc', 'sbb', 'cmp', 'test'];
const DATA_BYTES = 1024;
const SUBROUTINES = 4;

/** Text of a program `wide` whose loop has about `count` instructions, no two of them the same but for branches. */
export function wideCode(count: number): string {
  const random = generator(0x2545f491);
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const shapes = shapesOf(random, pick);
  const lines: string[] = [];
  const seen = new Set<string>();
  /** The branch that is still to find its target, and how many instructions before it does. */
  let skip = 0;
  for (let label = 0; lines.length < count; ) {
    if (skip > 0 && --skip === 0) lines.push(`.w${label++}:`);
    const kind = random(100);
    if (kind < 12 && skip === 0) {
      lines.push(`j${pick(CONDITIONS)} .w${label}`);
      skip = 2 + random(4);
    } else if (kind < 14) {
      lines.push(`call wide_call${random(SUBROUTINES)}`);
    } else {
      const text = pick(shapes)();
      if (seen.has(text)) continue;
      seen.add(text);
      lines.push(text);
    }
    if (lines.length >= count && skip > 0) lines.push(`.w${label}:`);
  }
  return `
wide:   mov edi, WIDE_DATA
        mov ecx, ${DATA_BYTES / 4}
        xor eax, eax
        rep stosd
        mov esi, WIDE_DATA
        mov eax, 0x12345678
.loop:
${lines.join('\n')}
        dec dword [ARGUMENT]
        jnz .loop
        xor eax, ebx
        xor eax, [WIDE_DATA + 64]
        ret
wide_call0: mov eax, [esi + 8]
        add eax, 3
        ret
wide_call1: push ebx
        xor eax, [esp]
        pop ebx
        ret
wide_call2: inc edi
        ret
wide_call3: test eax, eax
        jz .zero
        shr eax, 1
.zero:  ret
WIDE_DATA equ 0x120000`;
}

type Shape = () => string;

/** Instructions that leave ESI, ESP and the flags that Intel calls undefined out of it. */
function shapesOf(random: (below: number) => number, pick: <T>(list: readonly T[]) => T): readonly Shape[] {
  const register = () => pick(REGISTERS);
  const memory = () => `dword [esi + ${4 * random(DATA_BYTES / 4)}]`;
  const scale = () => 1 << random(4);
  return [
    () => `mov ${register()}, ${memory()}`,
    () => `mov ${memory()}, ${register()}`,
    () => `mov ${register()}, ${register()}`,
    () => `mov ${register()}, ${random(0x10000)}`,
    () => `${pick(ALU)} ${register()}, ${register()}`,
    () => `${pick(ALU)} ${register()}, ${random(0x1000)}`,
    () => `${pick(ALU)} ${memory()}, ${register()}`,
    () => `add ${register()}, ${memory()}`,
    () => `cmp ${memory()}, ${random(128)}`,
    () => `lea ${register()}, [${register()} + ${register()}*${scale()} + ${random(128)}]`,
    () => `movzx ${register()}, byte [esi + ${random(DATA_BYTES)}]`,
    () => `movsx ${register()}, ${pick(BYTE_REGISTERS)}`,
    () => `set${pick(CONDITIONS)} ${pick(BYTE_REGISTERS)}`,
    () => `mov byte [esi + ${random(DATA_BYTES)}], ${pick(BYTE_REGISTERS)}`,
    () => `inc ${memory()}`,
    () => `dec ${memory()}`,
    () => `neg ${memory()}`,
    () => `rol ${register()}, 1`,
    () => `sar ${register()}, 1`,
  ];
}

/** Numbers below a bound, from a linear congruential generator. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
