/** Debian's own kexec, inside Debian's Linux: from kernel to kernel, into kexec_test, and into a crash kernel. */
import { describe, expect, test } from 'vitest';
import { fixture } from './fixture.js';
import { listenedMachine } from './serial-text.js';

const vmlinuz = fixture('vmlinuz');
const initrd = fixture('kexec.gz');
/** Instructions; a boot takes some 6.5 thousand million. */
const LIMIT = 45_000_000_000;
const SLICE = 50_000_000;

/** Boots with `next`, and more, on the command line until the machine stops by itself. */
function run(next: string, more = '') {
  if (!vmlinuz || !initrd) throw new Error('the fixtures are not there');
  const { machine, text } = listenedMachine({ memory: '512M' });
  machine.load(vmlinuz, { initrd, append: `console=ttyS0 cryptomgr.notests ${more} next=${next}` });
  machine.exec();
  for (let left = LIMIT; left > 0; left -= SLICE) {
    const stop = machine.run({ instructions: SLICE });
    if (stop.kind !== 'budget') return { stop, text: text() };
  }
  return { stop: { kind: 'budget' }, text: text() };
}

describe.skipIf(!vmlinuz || !initrd)('in Debian’s Linux', () => {
  test('kexec -l and kexec -e start the next kernel, three times in a row', () => {
    const { stop, text } = run('686,686-pae,686');
    expect([...text.matchAll(/Linux version \d\S*?-\d+-(\S+) /g)].map(([, flavour]) => flavour)).toEqual([
      '686',
      '686',
      '686-pae',
      '686',
    ]);
    expect(text.split('kexec_core: Starting new kernel').length - 1).toBe(3);
    expect(text).not.toMatch(/Oops|BUG:|Call Trace|panic/);
    expect(stop).toEqual({ kind: 'power-off' });
  }, 3_600_000);

  test('kexec_test runs to its last line', () => {
    const { stop, text } = run('test');
    expect(stop).toEqual({ kind: 'halted-forever' });
    const lines = [
      'kexec_test',
      'In real mode.',
      'A20 disabled.',
      'E820 Memory Map.',
      'A20 enabled',
      'In protected mode.',
      'Halting.',
    ];
    let from = text.indexOf('kexec_core: Starting new kernel');
    for (const line of lines) {
      from = text.indexOf(line, from);
      expect(from, line).toBeGreaterThan(0);
    }
  }, 3_600_000);

  test('a panic starts the crash kernel, in which vmcore-dmesg tells of it', () => {
    const { stop, text } = run('crash,686', 'crashkernel=64M nokaslr');
    expect(text).toContain('init: crash kernel loaded: 1');
    const crashed = text.slice(text.indexOf('Kernel panic - not syncing: sysrq triggered crash'));
    expect(crashed).toMatch(/Linux version \d\S*?-686 /);
    const dump = crashed.slice(crashed.indexOf('init: vmcore of '));
    // 512 MB without the first megabyte's holes and the crash kernel's 64 MB.
    expect(Number(/vmcore of (\d+) bytes/.exec(dump)?.[1])).toBeGreaterThan(440 * 2 ** 20);
    expect(dump).toContain('init: about to crash');
    expect(dump).toContain('Kernel panic - not syncing: sysrq triggered crash');
    expect(stop).toEqual({ kind: 'power-off' });
  }, 3_600_000);
});
