/** The jump of 2.5.48: where its control page lies, what it forgets to prepare, and what it leaves as it was. */
import { EINVAL, NOTIFY_DONE, PAGE_OFFSET, SYS_RESTART } from '@kexec/kernel-core';
import { restoreMachine } from '@kexec/machine';
import { GFP_KERNEL } from '@kexec/phys-mem';
import { describe, expect, test } from 'vitest';
import { ENTRY, type Lab, lab, returned } from './historic-lab.js';

const PAGE = 0x1000;
const ENGINES = ['historic', 'fixed'] as const;

/** One page at the entry point, made of the process's data. */
function loadOnePage(one: Lab): void {
  expect(one.result([{ buf: one.data, bufsz: PAGE, mem: ENTRY, memsz: PAGE }])).toBe(0);
}

/** Jumps, and runs to the entry point or to whatever stops the machine before. */
function jump(one: Lab) {
  expect(one.reboot()).toMatchObject({ returned: false, why: 'kexec' });
  one.machine.pc.cpu.addHook(ENTRY);
  return one.machine.run({ instructions: 1_000_000 });
}

function takeAllPages({ machine }: Lab): void {
  const { pages } = machine.kernel;
  while (pages.getFreePages(GFP_KERNEL, 0) !== undefined);
}

function controlPage({ machine }: Lab): number {
  return (machine.kexec.historic?.image?.rebootCodeBuffer ?? 0) - PAGE_OFFSET;
}

describe('defect 18: the search for the control page', () => {
  test('wants the page after it free as well, and goes on past the end of RAM', () => {
    const one = lab('historic', '8M');
    const { memMap } = one.machine.kernel;
    const alone = 5;
    for (let pfn = 0; pfn < memMap.max_pfn; pfn++) if (pfn !== alone) memMap.setPageReserved(pfn);
    loadOnePage(one);
    expect(controlPage(one)).toBe(memMap.max_pfn * PAGE);
  });

  test('what is found there is no memory: the copy of the code is an oops', () => {
    const one = lab('historic', '8M');
    const { memMap } = one.machine.kernel;
    for (let pfn = 0; pfn < memMap.max_pfn; pfn++) memMap.setPageReserved(pfn);
    loadOnePage(one);
    expect(one.reboot()).toMatchObject({ returned: false, why: 'panic' });
    expect(one.machine.kernel.logBuffer.text()).toContain(
      'BUG: unable to handle kernel paging request at virtual address c0800000',
    );
  });
});

describe('defect 19: the control page is chosen, not allocated', () => {
  test('it is the page directory in use, which the code is then copied over: a triple fault', () => {
    const one = lab('historic', '8M');
    loadOnePage(one);
    expect(controlPage(one)).toBe(one.process.mm.pgd);
    expect(jump(one).kind).toBe('triple-fault');
  });

  test('mended: it is allocated', () => {
    const one = lab('fixed', '8M');
    loadOnePage(one);
    expect(one.machine.kexec.image?.controlCodePage).not.toBe(one.process.mm.pgd);
    expect(jump(one).kind).toBe('hook');
  });
});

describe('defect 24: the control page is mapped when it is too late to fail', () => {
  test.each([
    ['historic', 'triple-fault'],
    ['fixed', 'hook'],
  ] as const)('with no page left for the table, %s engine: %s', (engine, kind) => {
    const one = lab(engine);
    loadOnePage(one);
    takeAllPages(one);
    expect(jump(one).kind).toBe(kind);
  });
});

test.each(ENGINES)(
  'defect 25, %s engine as well: with an IDT of limit 0 any exception is a triple fault',
  (engine) => {
    const one = lab(engine);
    one.process.write(one.data, Uint8Array.of(0x0f, 0x0b));
    loadOnePage(one);
    expect(jump(one).kind).toBe('hook');
    expect(one.machine.run({ instructions: 10 })).toMatchObject({
      kind: 'triple-fault',
      report: { eip: ENTRY },
    });
  },
);

test.each([
  ['historic', 0x000],
  ['fixed', 0xffc],
] as const)(
  'defect 27: on entry the stack pointer is at offset %# of the control page, %s engine',
  (engine, offset) => {
    const one = lab(engine);
    loadOnePage(one);
    const control = one.machine.kexec.image?.controlCodePage ?? controlPage(one);
    expect(jump(one).kind).toBe('hook');
    const { esp } = one.machine.pc.cpu;
    expect(esp & 0xfff).toBe(offset);
    // The word that ESP points at lies in the control page, or in whatever comes after it.
    expect(esp >= control && esp < control + PAGE).toBe(engine === 'fixed');
  },
);

test.each(ENGINES)(
  'defect 29, %s engine as well: debug registers and the FPU stay as they were',
  (engine) => {
    const one = lab(engine);
    loadOnePage(one);
    one.machine.pc.cpu.cr0 |= 0x20;
    expect(jump(one).kind).toBe('hook');
    expect(one.machine.pc.cpu.cr0 & 0x20).toBe(0x20);
  },
);

describe('defect 30: what reboot(LINUX_REBOOT_CMD_KEXEC) does', () => {
  test.each([
    ['historic', 'gone'],
    ['fixed', 'still there'],
  ] as const)('the image is taken before the notifiers run: %s engine: %s', (engine, image) => {
    const one = lab(engine);
    loadOnePage(one);
    const seen: string[] = [];
    one.machine.kernel.rebootNotifiers.register({
      priority: 0,
      notifierCall: (event: number) => {
        seen.push(
          `${event === SYS_RESTART ? 'restart' : event} ${one.machine.loaded ? 'still there' : 'gone'}`,
        );
        return NOTIFY_DONE;
      },
    });
    expect(jump(one).kind).toBe('hook');
    // A notifier cannot tell kexec from a restart, then as now.
    expect(seen).toEqual([`restart ${image}`]);
  });

  test('the argument must be 0; mended: it is ignored, as Linux does', () => {
    const historic = lab('historic');
    loadOnePage(historic);
    expect(returned(historic.reboot(1))).toBe(-EINVAL);
    expect(historic.machine.loaded).toBe(true);
    const fixed = lab('fixed');
    loadOnePage(fixed);
    expect(fixed.reboot(1)).toMatchObject({ returned: false, why: 'kexec' });
  });

  test('with nothing loaded it is -EINVAL', () => {
    for (const engine of ENGINES) expect(returned(lab(engine).reboot())).toBe(-EINVAL);
  });
});

test('a loaded image goes with a snapshot, and jumps from it', () => {
  const one = lab('historic');
  loadOnePage(one);
  const machine = restoreMachine(one.machine.saveSnapshot());
  expect(machine.loaded).toBe(true);
  machine.exec();
  machine.pc.cpu.addHook(ENTRY);
  expect(machine.run({ instructions: 1_000_000 }).kind).toBe('hook');
});
