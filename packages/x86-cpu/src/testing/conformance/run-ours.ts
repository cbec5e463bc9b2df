/** Runs a conformance guest on this CPU. */
import { createPhysMem } from '@kexec/phys-mem';
import type { Board } from '../../board.js';
import { type Cpu, type CpuOptions, createCpu } from '../../cpu.js';
import { CR0_ET, CR0_PE } from '../../state/control.js';
import { CS, DS, ES, FS, GS, SS } from '../../state/layout.js';
import { FRAME_ADDRESS, STORE_ADDRESS } from './memory-map.js';
import { PendingTimer } from './pending-timer.js';
import type { Boot } from './run-programs.js';

const RAM_BYTES = 0x100_0000;
const FLAT = { base: 0, limit: 0xffff_ffff };
/** More than any program takes between two words. */
const SILENCE_INSTRUCTIONS = 500_000;
const DEBUG_PORT = 0xe9;

/** A machine of this CPU, entered at the frame in the state in which a boot sector would enter it. */
export function bootOurs(options: Pick<CpuOptions, 'model' | 'interpreter'>): Boot {
  return ({ frame, store }) => {
    const mem = createPhysMem({ ramBytes: RAM_BYTES });
    mem.writeBytes(FRAME_ADDRESS, frame);
    mem.writeBytes(STORE_ADDRESS, store);
    const text: string[] = [];
    const timer = new PendingTimer((level) => cpu.setInterruptLine(level));
    const board: Board = {
      readPort: (port) => timer.read(port),
      writePort: (port, _bytes, value) => {
        if (port === DEBUG_PORT) text.push(String.fromCharCode(value));
        else timer.write(port, value);
      },
      acknowledgeInterrupt: () => timer.acknowledge(),
    };
    const cpu = createCpu({ mem, board, ...options });
    enterFlat(cpu);
    return { isHung: !runToEnd(cpu, text), text: text.join('') };
  };
}

function enterFlat(cpu: Cpu): void {
  cpu.cr0 = CR0_PE | CR0_ET;
  cpu.setSegment(CS, { ...FLAT, selector: 0x08, attributes: 0xc09b });
  for (const index of [ES, SS, DS, FS, GS]) {
    cpu.setSegment(index, { ...FLAT, selector: 0x10, attributes: 0xc093 });
  }
  cpu.eip = FRAME_ADDRESS;
}

/** False when it has not spoken for a whole slice. */
function runToEnd(cpu: Cpu, text: readonly string[]): boolean {
  for (let spoken = -1; text.length > spoken; ) {
    spoken = text.length;
    if (cpu.run(SILENCE_INSTRUCTIONS).kind !== 'budget') return true;
  }
  return false;
}
