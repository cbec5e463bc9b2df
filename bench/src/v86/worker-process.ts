/** The parent's end of a worker. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Sample } from './control-port.js';
import type { EmulatorName } from './emulator.js';
import type { Order } from './worker.js';

const WORKER = fileURLToPath(new URL('v86-worker.mjs', import.meta.url));
/** No sample takes so long; a guest that is lost would spin for ever. */
const TIMEOUT_MS = 600_000;

/** A process that runs one emulator, and idles between orders. */
export class WorkerProcess {
  private readonly child: ChildProcess;

  constructor(
    private readonly name: EmulatorName,
    seabios: string,
  ) {
    this.child = fork(WORKER, [name, seabios]);
  }

  run(order: Order): Promise<Sample> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        this.end();
        reject(new Error(`${this.name}: ${why}`));
      };
      const timer = setTimeout(() => fail('no answer'), TIMEOUT_MS);
      const onExit = (code: number | null) => {
        clearTimeout(timer);
        fail(`exited with ${code}`);
      };
      this.child.once('exit', onExit);
      this.child.once('message', (sample) => {
        clearTimeout(timer);
        this.child.off('exit', onExit);
        resolve(sample as Sample);
      });
      this.child.send(order);
    });
  }

  end(): void {
    if (this.child.connected) this.child.disconnect();
    this.child.kill();
  }
}
