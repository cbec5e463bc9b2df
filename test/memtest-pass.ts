/** memtest86+ on our machine until a pass is complete: its screen now and then, and what the pass took. */
import { existsSync, readFileSync } from 'node:fs';
import { createMachine } from '@kexec/machine';

const SLICE_INSTRUCTIONS = 50_000_000;
const REPORT_INSTRUCTIONS = 2_000_000_000;

/**
 * Runs it in 64 MB.
 *
 * @param path - memtest86+ia32.bin
 * @param realMode - by the 16-bit entry
 * @param instructions - at most so many
 * @returns whether the pass was completed without an error, and the screen at its end
 */
export function runMemtest(
  path: string,
  realMode: boolean,
  instructions: number,
): { isPassed: boolean; screen: string } {
  if (!existsSync(path)) throw new Error(`${path} is not there: pnpm fixtures`);
  const machine = createMachine({ memory: '64M' });
  machine.load(readFileSync(path), { realMode });
  machine.exec();
  const { vga } = machine.pc.devices;
  const before = machine.pc.cpu.icount;
  const started = process.cpuUsage().user;
  let next = REPORT_INSTRUCTIONS;
  for (;;) {
    const stop = machine.run({ instructions: SLICE_INSTRUCTIONS });
    const executed = machine.pc.cpu.icount - before;
    const screen = vga.text();
    const done = /Pass:\s*[1-9]/.test(screen) || /Errors:\s*[1-9]/.test(screen);
    if (executed >= next || done || stop.kind !== 'budget' || executed >= instructions) {
      next += REPORT_INSTRUCTIONS;
      const cpuSeconds = (process.cpuUsage().user - started) / 1e6;
      const guestSeconds = machine.pc.clock.now() / 1e9;
      console.log(
        `${screen}\n${executed} instructions, ${guestSeconds.toFixed(1)} s of the guest's time, ${cpuSeconds.toFixed(0)} s of CPU`,
      );
    }
    if (done) return { isPassed: /Pass:\s*[1-9]/.test(screen) && /Errors:\s*0/.test(screen), screen };
    if (stop.kind !== 'budget' || executed >= instructions) return { isPassed: false, screen };
  }
}
