/** The resource tree and its /proc/iomem form. */
import { E820_TYPE, e820Entry, pcE820Map } from '@kexec/phys-mem';
import { describe, expect, it } from 'vitest';
import { Resources } from './resource.js';
import { EBUSY } from './uapi/errno.js';

describe('resources', () => {
  it('show the E820 map under the names of its types', () => {
    const map = [
      ...pcE820Map(0x400_0000),
      e820Entry(0xfff_0000, 0xfff_8000, E820_TYPE.ACPI),
      e820Entry(0xfff_8000, 0x1000_0000, E820_TYPE.NVS),
      e820Entry(0x1000_0000, 0x1000_0000, E820_TYPE.RAM),
      e820Entry(0xfffc_0000, 2 ** 32, 77),
    ];
    expect(new Resources(map).format()).toBe(
      [
        '00000000-0009fbff : System RAM\n',
        '0009fc00-0009ffff : Reserved\n',
        '000f0000-000fffff : Reserved\n',
        '00100000-03ffffff : System RAM\n',
        '0fff0000-0fff7fff : ACPI Tables\n',
        '0fff8000-0fffffff : ACPI Non-volatile Storage\n',
        'fffc0000-ffffffff : Reserved\n',
      ].join(''),
    );
  });

  it('nest: a range goes under the smallest that contains it, in ascending order', () => {
    const resources = new Resources([e820Entry(0, 0x10_0000, E820_TYPE.RAM)]);
    expect(resources.request('b', { start: 0x8000, end: 0x9000 })).toBe(0);
    expect(resources.request('a', { start: 0x1000, end: 0x4000 })).toBe(0);
    expect(resources.request('a1', { start: 0x2000, end: 0x3000 })).toBe(0);
    expect(resources.format()).toBe(
      '00000000-000fffff : System RAM\n  00001000-00003fff : a\n    00002000-00002fff : a1\n  00008000-00008fff : b\n',
    );
  });

  it('are exclusive: a range that overlaps another without lying in it is busy', () => {
    const resources = new Resources([e820Entry(0x1000, 0x3000, E820_TYPE.RAM)]);
    expect(resources.request('x', { start: 0, end: 0x1001 })).toBe(-EBUSY);
    expect(resources.request('y', { start: 0, end: 0x1000 })).toBe(0);
    expect(resources.request('z', { start: 0, end: 0x4000 })).toBe(-EBUSY);
    expect(resources.roots.map(({ name }) => name)).toEqual(['y', 'System RAM']);
  });
});
