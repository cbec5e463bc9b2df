/** One emulator in a process of its own: runs the jobs that its parent sends, and sends the samples back. */
import type { Job } from './control-port.js';
import type { Emulator, EmulatorName } from './emulator.js';
import { createOurEmulator } from './our-emulator.js';
import { createV86Emulator } from './v86-emulator.js';

/** Memory to write and a job to run; bytes travel in base 64. */
export interface Order {
  readonly segments: readonly { readonly paddr: number; readonly base64: string }[];
  readonly job: Job;
}

const [name, seabios = ''] = process.argv.slice(2);
const emulator = create(name as EmulatorName);

process.on('message', async ({ segments, job }: Order) => {
  const machine = await emulator;
  for (const { paddr, base64 } of segments) machine.write(paddr, Buffer.from(base64, 'base64'));
  process.send?.(await machine.run(job));
});
process.on('disconnect', () => process.exit());

async function create(wanted: EmulatorName): Promise<Emulator> {
  if (wanted === 'ours') return createOurEmulator();
  return createV86Emulator(seabios, wanted === 'v86 interpreter');
}
