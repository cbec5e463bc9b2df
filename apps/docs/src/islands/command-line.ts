/** The `kexec` command that does what an island shows. */
import type { ImageRequest, MachineSetup } from './protocol.js';

/** A word as a POSIX shell takes it whole. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The machine's options that differ from the command's own defaults. */
export function setupWords({ memory, cpu, engine, translator }: MachineSetup): string[] {
  return [
    ...(memory === DEFAULT_MEMORY ? [] : ['--memory', memory]),
    ...(cpu === undefined ? [] : ['--cpu', cpu]),
    ...(engine === undefined || engine === 'fixed' ? [] : ['--engine', engine]),
    ...(translator === false ? ['--no-jit'] : []),
  ];
}

/** `demo elf` or the file, its initrd and command line. */
export function imageWords({ kernel, initrd, append }: ImageRequest): string[] {
  const isDemo = typeof kernel === 'string';
  return [
    ...(isDemo ? ['demo', kernel] : [kernel.name]),
    ...(initrd ? ['--initrd', initrd.name] : []),
    ...(append === '' || (isDemo && append === DEMO_APPEND) ? [] : ['--append', append]),
  ];
}

/** What a reader pastes at the root of the repository. */
export function commandLine(words: readonly string[]): string {
  return ['npx -y pnpm@10.34.9 kexec', ...words.map(quoted)].join(' ');
}

/** `kexec`'s own. */
export const DEFAULT_MEMORY = '128M';
/** As in `kexec demo`. */
export const DEMO_APPEND = 'console=ttyS0 demo=1';
