/** Which options each type of image takes: what it cannot be handed is refused, not lost. */
import type { LoadOptions } from './load-plan.js';
import { LoaderError, type LoaderErrorCode } from './loader-error.js';
import type { ImageType } from './probe.js';

type Handed = 'append' | 'initrd' | 'realMode' | 'modules' | 'args' | 'crash';

/** What every option that a type may not take says. */
const HANDED: Readonly<Record<Handed, { code: LoaderErrorCode; what: string; option: string }>> = {
  append: { code: 'NO_ARGUMENTS', what: 'a command line', option: '--append' },
  initrd: { code: 'NO_ARGUMENTS', what: 'an initrd', option: '--initrd' },
  modules: { code: 'NO_ARGUMENTS', what: 'modules', option: '--module' },
  realMode: { code: 'BAD_OPTION', what: 'a 16-bit entry', option: '--real-mode' },
  args: { code: 'BAD_OPTION', what: 'a style of arguments', option: '--args-…' },
  crash: {
    code: 'BAD_OPTION',
    what: 'an elfcorehdr, by which a crash kernel reads the old memory',
    option: '-p',
  },
};

/** kexec(8), "Supported kernel file types and options". */
const TAKES: Readonly<Record<ImageType, readonly Handed[]>> = {
  'multiboot-x86': ['append', 'modules'],
  'multiboot2-x86': ['append', 'modules'],
  'elf-x86': ['append', 'initrd', 'args', 'crash'],
  bzImage: ['append', 'initrd', 'realMode', 'args', 'crash'],
  'beoboot-x86': ['append', 'realMode'],
  'nbi-x86': [],
};

/** @throws LoaderError `NO_ARGUMENTS` or `BAD_OPTION` for the first option that the type does not take */
export function checkTypeOptions(type: ImageType, options: LoadOptions): void {
  for (const name of Object.keys(HANDED) as Handed[]) {
    if (!isGiven(options[name]) || TAKES[type].includes(name)) continue;
    const { code, what, option } = HANDED[name];
    const initrdModule = name === 'initrd' && TAKES[type].includes('modules');
    throw new LoaderError(code, `${type} images take no ${what.replace(/^an? /, '')}`, {
      details: { rule: 'options of the type', found: name, limit: TAKES[type] },
      remedy: initrdModule ? 'give it with --module instead' : `leave ${option} out`,
    });
  }
  if (options.crash && options.realMode) {
    throw new LoaderError('BAD_OPTION', 'after a panic the BIOS cannot be asked: there is no 16-bit entry', {
      details: { rule: 'realMode', found: true, limit: 'the 32-bit entry' },
      remedy: 'leave --real-mode out',
    });
  }
  if (type !== 'bzImage' || options.args === undefined || options.args === 'linux') return;
  throw new LoaderError(
    'BAD_OPTION',
    `a bzImage always takes its arguments as Linux does, not args-${options.args}`,
    {
      details: { rule: 'args', found: options.args, limit: 'linux' },
      remedy: `leave --args-${options.args} out`,
    },
  );
}

function isGiven(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== false && value !== '';
}
