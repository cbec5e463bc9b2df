/** crashkernel=: what is asked for, where it lies, and what the boot log says. */
import { describe, expect, it } from 'vitest';
import { parseCrashkernel, placeCrashkernel } from './crashkernel.js';
import { runningMachine } from './fixture.js';

const MB = 2 ** 20;
const GB = 2 ** 30;

describe('parse_crashkernel', () => {
  it.each([
    ['crashkernel=64M', GB, { size: 64 * MB, base: 0 }],
    ['quiet crashkernel=0x4000K@16M x', GB, { size: 16 * MB, base: 16 * MB }],
    ['crashkernel=64M crashkernel=32M', GB, { size: 32 * MB, base: 0 }],
    ['crashkernel=512M-2G:64M,2G-:128M', GB, { size: 64 * MB, base: 0 }],
    ['crashkernel=512M-2G:64M,2G-:128M@48M', 2 * GB, { size: 128 * MB, base: 48 * MB }],
    ['crashkernel=512M-2G:64M,2G-:128M', 511 * MB, undefined],
    ['crashkernel=96M,high', GB, { size: 96 * MB, base: 0 }],
    ['crashkernel=96M,high crashkernel=8M,low', GB, { size: 96 * MB, base: 0 }],
    ['crashkernel=32M crashkernel=96M,high', GB, { size: 32 * MB, base: 0 }],
    ['crashkernel=010M', GB, { size: 8 * MB, base: 0 }],
    ['crashkernel=0', GB, undefined],
    ['crashkernel=many', GB, undefined],
    ['crashkernel=64M@', GB, undefined],
    ['crashkernel=2G-1G:64M', GB, undefined],
    ['crashkernel=0-:2G', GB, undefined],
    ['nocrashkernel=64M', GB, undefined],
    ['', GB, undefined],
  ])('%s with %d bytes of RAM', (line, ram, request) => {
    expect(parseCrashkernel(line, ram)).toEqual(request);
  });
});

describe('the reservation', () => {
  const ram = [
    { start: 0, end: 0x9fc00 },
    { start: MB, end: 200 * MB },
  ];
  const taken = [{ start: 0, end: 2 * MB }];

  it('lies as high as it fits, on a multiple of 16 MB', () => {
    expect(placeCrashkernel({ size: 60 * MB, base: 0 }, ram, taken)).toEqual({
      start: 128 * MB,
      end: 188 * MB,
    });
  });

  it('stays below 512 MB', () => {
    const large = [{ start: 0, end: 2 * GB }];
    expect(placeCrashkernel({ size: 64 * MB, base: 0 }, large, taken)?.end).toBe(512 * MB);
  });

  it('lies at the base asked for or nowhere', () => {
    expect(placeCrashkernel({ size: 16 * MB, base: 32 * MB }, ram, taken)?.start).toBe(32 * MB);
    for (const base of [MB, 190 * MB, 32 * MB + 4096])
      expect(placeCrashkernel({ size: 16 * MB, base }, ram, taken)).toBeUndefined();
  });

  it('is kept from the page allocator, shown in /proc/iomem and said in the log', () => {
    const { kernel } = runningMachine({ ramBytes: 64 * MB, commandLine: 'crashkernel=16M' });
    expect(kernel.crashkRes).toEqual({ start: 48 * MB, end: 64 * MB });
    expect(kernel.pages.totals().free).toBeLessThan((48 * MB) / 4096);
    expect(kernel.resources.format()).toContain('  03000000-03ffffff : Crash kernel\n');
    expect(kernel.logBuffer.text()).toContain(
      'Reserving 16MB of memory at 48MB for crashkernel (System RAM: 63MB)\n',
    );
  });

  it('says why it failed', () => {
    const log = (commandLine: string) => runningMachine({ commandLine }).kernel.logBuffer.text();
    expect(log('crashkernel=16M')).toContain('crashkernel reservation failed - No suitable area found.\n');
    expect(log('crashkernel=1M@1M')).toContain('crashkernel reservation failed - memory is in use.\n');
  });
});
