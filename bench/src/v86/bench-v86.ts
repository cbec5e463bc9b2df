/** The same guest programs on our machine and on v86, in turn: CPU time against CPU time. */
import { spread, spreadText } from '../measure.js';
import type { Sample } from './control-port.js';
import { decompressorOrder } from './decompressor.js';
import { EMULATORS, type EmulatorName } from './emulator.js';
import { createGuestImage } from './guest-image.js';
import { PROGRAMS } from './programs.js';
import { findSeabios } from './seabios.js';
import type { Order } from './worker.js';
import { WorkerProcess } from './worker-process.js';

const ROUNDS = 5;
/** Of what takes most of a minute under an interpreter. */
const LONG_ROUNDS = 3;

const TABLE_HEAD = `
| program | M instructions | ours, s | v86 interpreter, s | v86 JIT, s | ours / v86 interpreter | ours / v86 JIT | ours / v86 JIT, all threads |
|---|---|---|---|---|---|---|---|`;

type Round = Readonly<Record<EmulatorName, Sample>>;
type Run = (emulator: EmulatorName, order: Order) => Promise<Sample>;

export async function benchV86(): Promise<void> {
  const seabios = findSeabios();
  if (process.platform !== 'linux' || !seabios) {
    console.log('SKIPPED: v86; it takes Linux to time a thread, and the BIOS of Debian\'s package "seabios"');
    return;
  }
  console.log(TABLE_HEAD);
  await benchPrograms(seabios);
  await benchDecompressor(seabios);
}

/** Machines that last, and one round to warm them up. */
async function benchPrograms(seabios: string): Promise<void> {
  const image = createGuestImage();
  const workers = new Map(EMULATORS.map((name) => [name, new WorkerProcess(name, seabios)]));
  const run: Run = async (emulator, order) => {
    const sample = await workers.get(emulator)?.run(order);
    if (!sample) throw new Error(`no worker runs ${emulator}`);
    return sample;
  };
  try {
    for (const { name, label, iterations } of PROGRAMS) {
      const order: Order = { segments: [], job: { entry: image.entry(label), argument: iterations } };
      await round(name, run, order);
      await report(name, run, order);
    }
  } finally {
    for (const worker of workers.values()) worker.end();
  }
}

/** It runs once in the life of a machine: each sample has a new one, and is cold. */
async function benchDecompressor(seabios: string): Promise<void> {
  const order = decompressorOrder();
  if (!order) {
    console.log('SKIPPED: bzImage decompressor; "pnpm fixtures" fetches the kernel');
    return;
  }
  await report(
    'bzImage to its first message, cold',
    async (emulator) => {
      const worker = new WorkerProcess(emulator, seabios);
      try {
        return await worker.run(order);
      } finally {
        worker.end();
      }
    },
    order,
    LONG_ROUNDS,
  );
}

async function report(name: string, run: Run, order: Order, count = ROUNDS): Promise<void> {
  const rounds: Round[] = [];
  for (let i = 0; i < count; i++) rounds.push(await round(name, run, order));
  const text = (of: (round: Round) => number) => spreadText(spread(rounds.map(of)), 2);
  const cells = [
    ((rounds[0]?.ours.instructions ?? 0) / 1e6).toFixed(0),
    ...EMULATORS.map((emulator) => text((samples) => samples[emulator].seconds)),
    text((samples) => samples.ours.seconds / samples['v86 interpreter'].seconds),
    text((samples) => samples.ours.seconds / samples['v86 JIT'].seconds),
    text((samples) => samples.ours.allSeconds / samples['v86 JIT'].allSeconds),
  ];
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}

/** One sample of each, one after the other, so that a disturbance meets all of them. */
async function round(name: string, run: Run, order: Order): Promise<Round> {
  const ours = await run('ours', order);
  const round = {
    ours,
    'v86 interpreter': await run('v86 interpreter', order),
    'v86 JIT': await run('v86 JIT', order),
  };
  for (const emulator of EMULATORS) {
    if (round[emulator].result === ours.result) continue;
    throw new Error(`${name}: ${emulator} computed ${round[emulator].result}, we ${ours.result}`);
  }
  return round;
}
