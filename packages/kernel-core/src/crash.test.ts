/** The crash path: the notes that a dump reads, and who is asked when the kernel panics. */
import { describe, expect, it } from 'vitest';
import { runningMachine, type TestMachine } from './fixture.js';
import { __NR_open, __NR_write } from './uapi/unistd.js';

const O_WRONLY = 1;

/** echo TEXT > /proc/sysrq-trigger */
function sysrq({ kernel }: TestMachine, text: string) {
  const process = kernel.createProcess();
  const copyIn = (words: string) => {
    const vaddr = process.mmap(4096);
    process.write(vaddr, new TextEncoder().encode(`${words}\0`));
    return vaddr;
  };
  const fd = process.syscall(__NR_open, copyIn('/proc/sysrq-trigger'), O_WRONLY);
  if (!fd.returned) throw new Error('open did not return');
  return process.syscall(__NR_write, fd.value, copyIn(text), text.length);
}

describe('a panic', () => {
  it('halts when there is no other kernel', () => {
    const machine = runningMachine();
    expect(sysrq(machine, 'c\n')).toMatchObject({ returned: false, why: 'panic' });
    expect(machine.kernel.state).toBe('panicked');
    expect(machine.board.serial).toContain('Kernel panic - not syncing: sysrq triggered crash');
  });

  it('asks for the other kernel, with the registers of the CPU', () => {
    const machine = runningMachine();
    const { kernel } = machine;
    const seen: number[] = [];
    kernel.crash.onCrash((registers) => {
      kernel.crash.machineCrashShutdown(registers);
      seen.push(registers.eip, registers.cs);
      return false;
    });
    sysrq(machine, 'c');
    expect(seen[0]).toBeGreaterThan(0xc010_0000);
    expect(seen[1]).toBe(0x60);
    const note = kernel.paddrOf('crash_notes');
    // n_namesz, n_descsz, n_type; "CORE"; struct elf_prstatus with pr_reg at 72, and EIP the 13th register.
    expect([0, 4, 8, 12].map((at) => machine.mem.read32(note + at))).toEqual([5, 144, 1, 0x45524f43]);
    expect(machine.mem.read32(note + 20 + 72 + 4 * 12)).toBe(seen[0]);
    expect(machine.mem.read32(note + 20 + 24)).toBe(1);
    expect(machine.mem.read32(note + 20 + 144)).toBe(0);
  });

  it('does not come of another letter', () => {
    const machine = runningMachine();
    expect(sysrq(machine, 'h\n')).toEqual({ returned: true, value: 2 });
    expect(machine.kernel.state).toBe('running');
  });

  it('of an exception in ring 0 keeps the registers of whoever raised it', () => {
    const machine = runningMachine();
    const { kernel } = machine;
    let eip = 0;
    kernel.crash.onCrash((registers) => {
      eip = registers.eip;
      return false;
    });
    const text = kernel.loadText('bad', 'ud2\n');
    expect(() => kernel.callText(text.vaddr)).toThrow();
    expect(eip).toBe(text.vaddr);
  });
});

describe('vmcoreinfo', () => {
  it('says where the log is', () => {
    const { kernel, mem } = runningMachine();
    const paddr = kernel.paddrOf('vmcoreinfo_note');
    const bytes = mem.readBytes(paddr, 0x200);
    const text = new TextDecoder().decode(bytes.subarray(24, 24 + mem.read32(paddr + 4)));
    expect(text).toContain('OSRELEASE=2.5.48-kexec\nPAGESIZE=4096\n');
    expect(text).toContain(`SYMBOL(log_buf)=${kernel.label('log_buf').toString(16)}\n`);
    expect(mem.read32(kernel.paddrOf('log_buf'))).toBe(kernel.label('__log_buf'));
    expect(mem.read32(kernel.paddrOf('log_end'))).toBe(kernel.logBuffer.raw().length);
  });
});
