/** Interrupts: delivered by the CPU, acknowledged and served by the kernel. */
import { describe, expect, it } from 'vitest';
import { runningMachine } from '../../fixture.js';

/** Raises the interrupt line with a vector until the PIC is told of its end. */
function interrupt({ board, cpu }: ReturnType<typeof runningMachine>, vector: number): void {
  board.pendingVector = vector;
  cpu.setInterruptLine(true);
  board.onWrite = (port, value) => {
    if ((port === 0x20 || port === 0xa0) && (value & 0xe0) === 0x60) cpu.setInterruptLine(false);
  };
}

describe('an interrupt', () => {
  it('comes while a program runs, is masked and acknowledged, served, and unmasked; the program never knows', () => {
    const machine = runningMachine();
    const { kernel, board, cpu } = machine;
    const served: number[] = [];
    kernel.interrupts.request(4, (irq) => served.push(irq, cpu.cpl));
    const process = kernel.createProcess();
    board.writes.length = 0;
    interrupt(machine, 0x24);
    const code = 'xor eax, eax \n mov ecx, 100 \n again: inc eax \n loop again \n ret';
    expect(process.run(code)).toEqual({ returned: true, value: 100 });
    expect(served).toEqual([4, 0]);
    expect(board.writes).toEqual(['21=fb', 'a1=ff', '20=64', '21=eb', 'a1=ff']);
  });

  it('of the slave is acknowledged on both controllers', () => {
    const machine = runningMachine();
    const { kernel, board } = machine;
    kernel.interrupts.request(12, () => {});
    expect(board.writes.slice(-2)).toEqual(['21=fb', 'a1=ef']);
    interrupt(machine, 0x2c);
    kernel.createProcess().syscall(20);
    expect(board.writes).toContain('a0=64');
    expect(board.writes).toContain('20=62');
  });

  it('that nobody serves stays masked and is counted', () => {
    const machine = runningMachine();
    const { kernel, board } = machine;
    interrupt(machine, 0x23);
    kernel.createProcess().syscall(20);
    expect(kernel.interrupts.irq_err_count).toBe(1);
    expect(board.writes.slice(-1)).toEqual(['20=63']);
  });

  it('with a vector that is no line is reported', () => {
    const machine = runningMachine();
    const { kernel, board, cpu } = machine;
    board.pendingVector = 0x99;
    board.acknowledgeInterrupt = () => {
      cpu.setInterruptLine(false);
      return 0x99;
    };
    cpu.setInterruptLine(true);
    expect(kernel.createProcess().syscall(20)).toEqual({ returned: true, value: 1 });
    expect(board.serial).toContain('Unknown interrupt or fault');
  });

  it('NMI is survived', () => {
    const { kernel, board, cpu } = runningMachine();
    cpu.raiseNmi();
    expect(kernel.createProcess().syscall(20)).toEqual({ returned: true, value: 1 });
    expect(board.serial).toContain('NMI received for unknown reason');
  });

  it('line can be had once, and given back', () => {
    const { kernel, board } = runningMachine();
    kernel.interrupts.request(3, () => {});
    expect(() => kernel.interrupts.request(3, () => {})).toThrow(/line 3 is not free/);
    expect(() => kernel.interrupts.request(16, () => {})).toThrow(/line 16/);
    kernel.interrupts.free(3);
    expect(board.writes.slice(-2)).toEqual(['21=fb', 'a1=ff']);
  });
});
