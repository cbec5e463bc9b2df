/** Debian's gdb on a machine of ours: the command with a socket, a script, and what both say. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const bundle = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url));

/** Whether there is a gdb. */
export function hasGdb(): boolean {
  const isThere = spawnSync('gdb', ['--version']).status === 0;
  if (!isThere) console.warn('SKIPPED: there is no gdb; "apt-get install gdb" brings it');
  return isThere;
}

export interface GdbTranscript {
  /** All that gdb printed. */
  readonly gdb: string;
  /** The machine's serial line, and what the command said. */
  readonly machine: string;
  readonly exitCode: number | null;
}

/**
 * Runs the command with a debugger waited for, and gdb with a script, each to its end.
 *
 * @param interruptAt - what on the serial line lets gdb be interrupted, as by Ctrl-C
 */
export async function debugMachine(
  args: readonly string[],
  script: readonly string[],
  interruptAt?: string,
): Promise<GdbTranscript> {
  const folder = mkdtempSync(join(tmpdir(), 'kexec-gdb-'));
  const [socket, commands] = [join(folder, 'socket'), join(folder, 'script')];
  const lines = ['set pagination off', 'set confirm off', `target remote ${socket}`, ...script];
  writeFileSync(commands, `${lines.join('\n')}\n`);
  const machine = heard(
    spawn(process.execPath, [bundle, ...args, '--wait-gdb', '--gdb', `unix:${socket}`], { stdio: STDIO }),
  );
  try {
    await until(() => existsSync(socket) || machine.hasEnded());
    const gdb = heard(spawn('gdb', ['-batch', '-nx', '-x', commands], { stdio: STDIO }));
    if (interruptAt !== undefined) {
      await until(() => machine.text().includes(interruptAt) || gdb.hasEnded());
      gdb.child.kill('SIGINT');
    }
    await gdb.end;
    const exitCode = await machine.end;
    return { gdb: gdb.text(), machine: machine.text(), exitCode };
  } finally {
    machine.child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a test that failed has left running. */
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill();
});

const STDIO: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];

function heard(child: ChildProcess) {
  children.add(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('latin1');
    stream?.on('data', (part: string) => {
      text += part;
    });
  }
  let hasEnded = false;
  const end = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      hasEnded = true;
      resolve(code);
    });
  });
  return { child, end, text: () => text, hasEnded: () => hasEnded };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 20));
}

const EHDR_BYTES = 52;
const SHDR_BYTES = 40;
const SYM_BYTES = 16;
const SHT_SYMTAB = 2;
const SHT_STRTAB = 3;
const SHN_ABS = 0xfff1;
const STB_GLOBAL_FUNC = 0x12;

/** An ELF file that has nothing but a symbol table: addresses by name, as a System.map has them. */
export function symbolFile(symbols: ReadonlyMap<string, number>): Uint8Array {
  const names = `\0${[...symbols.keys()].join('\0')}\0`;
  const sectionNames = '\0.symtab\0.strtab\0.shstrtab\0';
  const symtab = EHDR_BYTES;
  const symtabBytes = (symbols.size + 1) * SYM_BYTES;
  const strtab = symtab + symtabBytes;
  const shstrtab = strtab + names.length;
  const headers = (shstrtab + sectionNames.length + 3) & ~3;
  const file = new Uint8Array(headers + 4 * SHDR_BYTES);
  const view = new DataView(file.buffer);
  const words = (at: number, ...values: number[]) => {
    values.forEach((value, i) => {
      view.setUint32(at + 4 * i, value, true);
    });
  };
  const halves = (at: number, ...values: number[]) => {
    values.forEach((value, i) => {
      view.setUint16(at + 2 * i, value, true);
    });
  };
  // e_ident; then e_type ET_EXEC, e_machine EM_386, e_version, e_entry, e_phoff, e_shoff, e_flags, sizes and counts.
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  halves(0x10, 2, 3);
  words(0x14, 1, 0, 0, headers, 0);
  halves(0x28, EHDR_BYTES, 0, 0, SHDR_BYTES, 4, 3);
  let name = 1;
  [...symbols].forEach(([text, value], i) => {
    const at = symtab + (i + 1) * SYM_BYTES;
    words(at, name, value, 0);
    view.setUint8(at + 12, STB_GLOBAL_FUNC);
    view.setUint16(at + 14, SHN_ABS, true);
    name += text.length + 1;
  });
  file.set(new TextEncoder().encode(names), strtab);
  file.set(new TextEncoder().encode(sectionNames), shstrtab);
  const section = (nth: number, ...values: number[]) => words(headers + nth * SHDR_BYTES, ...values);
  // sh_name, sh_type, sh_flags, sh_addr, sh_offset, sh_size, sh_link, sh_info, sh_addralign, sh_entsize
  section(1, 1, SHT_SYMTAB, 0, 0, symtab, symtabBytes, 2, 1, 4, SYM_BYTES);
  section(2, 9, SHT_STRTAB, 0, 0, strtab, names.length, 0, 0, 1, 0);
  section(3, 17, SHT_STRTAB, 0, 0, shstrtab, sectionNames.length, 0, 0, 1, 0);
  return file;
}
