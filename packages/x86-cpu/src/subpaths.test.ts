/** Assembler and disassembler are used alone: what they load at run time. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SOURCES = fileURLToPath(new URL('.', import.meta.url));
/** Imports and re-exports that are there at run time; `import type` leaves none. */
const LOADED = /^(?:import|export)\s(?!type\s)(?:[^'";]*?\sfrom\s)?'(\.[^']+)\.js'/gm;

/** Paths from src/ of all files that a file loads, itself among them. */
function loadedBy(file: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(file)) return found;
  found.add(file);
  const folder = new URL(`file://${SOURCES}${file}`);
  for (const [, path] of readFileSync(folder, 'utf8').matchAll(LOADED)) {
    const target = fileURLToPath(new URL(`${path}.ts`, folder)).slice(SOURCES.length);
    expect(existsSync(`${SOURCES}${target}`), target).toBe(true);
    loadedBy(target, found);
  }
  return found;
}

const MACHINE =
  /^(interpreter|jit)\/|^(cpu|cpu-snapshot|run-loop|run-state|reset|reference-interpreter|triple-fault)\.ts$/;

describe.each(['asm.ts', 'disasm.ts'])('@kexec/x86-cpu/%s', (entry) => {
  it('loads the rows, and no interpreter, translator or CPU', () => {
    const files = [...loadedBy(entry)];
    expect(files).toContain('isa/opcode-map.ts');
    expect(files.filter((file) => MACHINE.test(file))).toEqual([]);
  });
});

it('the CPU itself loads all of these', () => {
  const files = [...loadedBy('index.ts')];
  for (const part of ['cpu.ts', 'run-loop.ts', 'interpreter/', 'jit/']) {
    expect(files.some((file) => file.startsWith(part))).toBe(true);
  }
});
