/** reboot(2): checks in Linux's order, commands, notifiers, device shutdown, the end. */
import { describe, expect, it } from 'vitest';
import { CAP_SYS_ADMIN, CAP_SYS_BOOT } from './capability.js';
import { runningMachine } from './fixture.js';
import { NOTIFY_OK, NOTIFY_STOP } from './notifier.js';
import { EFAULT, EINVAL, EPERM } from './uapi/errno.js';
import {
  LINUX_REBOOT_CMD_CAD_OFF,
  LINUX_REBOOT_CMD_CAD_ON,
  LINUX_REBOOT_CMD_HALT,
  LINUX_REBOOT_CMD_KEXEC,
  LINUX_REBOOT_CMD_POWER_OFF,
  LINUX_REBOOT_CMD_RESTART,
  LINUX_REBOOT_CMD_RESTART2,
  LINUX_REBOOT_CMD_SW_SUSPEND,
  LINUX_REBOOT_MAGIC1,
  LINUX_REBOOT_MAGIC2,
  LINUX_REBOOT_MAGIC2A,
  LINUX_REBOOT_MAGIC2B,
  LINUX_REBOOT_MAGIC2C,
} from './uapi/reboot.js';
import { __NR_reboot } from './uapi/unistd.js';

function rebooter(capabilities: readonly number[] = [CAP_SYS_BOOT]) {
  const machine = runningMachine();
  const process = machine.kernel.createProcess({ capabilities });
  const reboot = (
    cmd: number,
    arg = 0,
    magic1: number = LINUX_REBOOT_MAGIC1,
    magic2: number = LINUX_REBOOT_MAGIC2,
  ) => process.syscall(__NR_reboot, magic1, magic2, cmd, arg);
  return { ...machine, process, reboot };
}
const returned = (value: number) => ({ returned: true, value });

describe('the checks', () => {
  it('CAP_SYS_BOOT comes first, then the magic numbers, then the command', () => {
    const { reboot } = rebooter([CAP_SYS_ADMIN]);
    expect(reboot(LINUX_REBOOT_CMD_RESTART)).toEqual(returned(-EPERM));
    expect(reboot(99, 0, 0, 0)).toEqual(returned(-EPERM));
    const allowed = rebooter();
    expect(allowed.reboot(LINUX_REBOOT_CMD_CAD_ON, 0, 0xfee1_deae)).toEqual(returned(-EINVAL));
    expect(allowed.reboot(LINUX_REBOOT_CMD_CAD_ON, 0, LINUX_REBOOT_MAGIC1, 1)).toEqual(returned(-EINVAL));
    expect(allowed.reboot(99)).toEqual(returned(-EINVAL));
    expect(allowed.kernel.state).toBe('running');
  });

  it('any of the four second magic numbers will do', () => {
    const { reboot } = rebooter();
    const magics = [LINUX_REBOOT_MAGIC2, LINUX_REBOOT_MAGIC2A, LINUX_REBOOT_MAGIC2B, LINUX_REBOOT_MAGIC2C];
    for (const magic2 of magics) {
      expect(reboot(LINUX_REBOOT_CMD_CAD_ON, 0, LINUX_REBOOT_MAGIC1, magic2)).toEqual(returned(0));
    }
    // The birthdays of Torvalds and his daughters, written as dates.
    expect(magics.map((magic) => magic.toString(16))).toEqual([
      '28121969',
      '5121996',
      '16041998',
      '20112000',
    ]);
  });
});

describe('commands that return', () => {
  it('CAD_ON and CAD_OFF set what Ctrl-Alt-Del does', () => {
    const { reboot, kernel } = rebooter();
    expect([reboot(LINUX_REBOOT_CMD_CAD_OFF), kernel.reboot.C_A_D]).toEqual([returned(0), 0]);
    expect([reboot(LINUX_REBOOT_CMD_CAD_ON), kernel.reboot.C_A_D]).toEqual([returned(0), 1]);
  });

  it('SW_SUSPEND and KEXEC are -EINVAL until somebody registers them', () => {
    const { reboot, kernel } = rebooter();
    expect(reboot(LINUX_REBOOT_CMD_SW_SUSPEND)).toEqual(returned(-EINVAL));
    expect(reboot(LINUX_REBOOT_CMD_KEXEC)).toEqual(returned(-EINVAL));
    const seen: number[] = [];
    kernel.registerRebootCommand(
      LINUX_REBOOT_CMD_KEXEC,
      ({ process, arg }) => seen.push(process.pid, arg) * 0 - 5,
    );
    expect(reboot(LINUX_REBOOT_CMD_KEXEC, 77)).toEqual(returned(-5));
    expect(seen).toEqual([1, 77]);
    expect(() => kernel.registerRebootCommand(LINUX_REBOOT_CMD_HALT, () => 0)).toThrow(/handler already/);
  });

  it('RESTART2 with a pointer to nothing is -EFAULT, and nothing has been shut down', () => {
    const { reboot, kernel } = rebooter();
    kernel.rebootNotifiers.register({ notifierCall: () => expect.fail('notified') });
    expect(reboot(LINUX_REBOOT_CMD_RESTART2, 8)).toEqual(returned(-EFAULT));
    expect(kernel.state).toBe('running');
  });
});

describe('commands that do not return', () => {
  const ends = [
    [LINUX_REBOOT_CMD_RESTART, 'restart', 1, 'Restarting system'],
    [LINUX_REBOOT_CMD_HALT, 'halt', 2, 'System halted'],
    [LINUX_REBOOT_CMD_POWER_OFF, 'power-off', 3, 'Power down'],
  ] as const;
  for (const [cmd, why, event, message] of ends) {
    it(`${why}: notifiers, then devices from the youngest to the oldest, then the word, then the end`, () => {
      const { reboot, kernel, board } = rebooter();
      const order: string[] = [];
      kernel.rebootNotifiers.register({
        notifierCall: (code, data) => {
          order.push(`${code} ${data}`);
          return NOTIFY_OK;
        },
      });
      kernel.devices.register({ name: 'old', shutdown: () => order.push('old') });
      kernel.devices.register({ name: 'quiet' });
      kernel.devices.register({
        name: 'young',
        shutdown: () => order.push(`young, ${board.serial.includes(message)}`),
      });
      expect(reboot(cmd)).toEqual({ returned: false, why, stop: { kind: 'halt' } });
      expect(order).toEqual([`${event} undefined`, 'young, false', 'old']);
      expect(board.serial.endsWith(`${message}\r\n`)).toBe(true);
      expect(kernel.state).toBe('left');
      expect(kernel.cpu.eflags & 0x200).toBe(0);
    });
  }

  it('restart pulses the reset line through the keyboard controller, by the CPU', () => {
    const { reboot, board, cpu, kernel } = rebooter();
    let eip = 0;
    board.onWrite = (port, value) => {
      if (port === 0x64 && value === 0xfe) eip = cpu.eip;
    };
    reboot(LINUX_REBOOT_CMD_RESTART);
    expect(eip).toBeGreaterThanOrEqual(kernel.label('machine_restart'));
    expect(eip).toBeLessThan(kernel.label('machine_halt'));
    expect(board.writes.at(-1)).toBe('64=fe');
  });

  it('RESTART2 hands its command to the notifiers and to the log', () => {
    const { reboot, kernel, process, board } = rebooter();
    const text = process.mmap(4096);
    process.write(
      text,
      Uint8Array.from('bootloader\0', (char) => char.charCodeAt(0)),
    );
    let heard: string | undefined;
    kernel.rebootNotifiers.register({
      notifierCall: (_, data) => {
        heard = data;
        return NOTIFY_STOP;
      },
    });
    expect(reboot(LINUX_REBOOT_CMD_RESTART2, text)).toMatchObject({ returned: false, why: 'restart' });
    expect(heard).toBe('bootloader');
    expect(board.serial).toContain("Restarting system with command 'bootloader'\r\n");
  });
});
