/** The worker of an island: takes the page's orders, and answers each. */
import { KexecError } from '@kexec/machine';
import type { Argument, Order, Refusal, Report, Result, Verb } from '../protocol.js';
import { bootParams } from './boot-params.js';
import { fileSummary } from './file-summary.js';
import { LiveSession } from './live-session.js';
import { memoryStages } from './memory-stages.js';
import { pageList } from './page-list.js';
import { RelocationSession } from './relocation-session.js';
import { checkSegments } from './segment-check.js';

/** What a worker's global scope has of its own. */
interface WorkerScope {
  onmessage: ((event: { readonly data: Order }) => void) | null;
  postMessage(report: Report): void;
}
const scope = globalThis as unknown as WorkerScope;

let live: LiveSession | undefined;
let relocation: RelocationSession | undefined;

function liveSession(): LiveSession {
  if (live) return live;
  throw new KexecError('NO_MACHINE', 'no machine has been made');
}

const VERBS: { readonly [V in Verb]: (argument: Argument<V>) => Result<V> | Promise<Result<V>> } = {
  inspect: fileSummary,
  create: (setup) => {
    live?.close();
    live = new LiveSession(setup, (report) => scope.postMessage(report));
  },
  load: (image) => liveSession().load(image),
  exec: () => liveSession().exec(),
  pause: () => liveSession().pause(),
  resume: () => liveSession().resume(),
  type: (bytes) => liveSession().type(bytes),
  traceHash: () => liveSession().traceHash(),
  memoryStages,
  checkSegments,
  pageList,
  openRelocation: (scene) => {
    relocation = new RelocationSession(scene);
    return relocation.start();
  },
  moveRelocation: (move) => {
    if (!relocation) throw new KexecError('NO_MACHINE', 'no relocation has been opened');
    return relocation.move(move);
  },
  bootParams,
};

function refusalOf(error: unknown): Refusal {
  if (!(error instanceof KexecError)) return { code: 'INTERNAL', message: String(error) };
  const { code, message, remedy } = error;
  return { code, message, ...(remedy === undefined ? {} : { remedy }) };
}

async function answer({ id, verb, argument }: Order): Promise<void> {
  try {
    // The page's side of the protocol has paired verb and argument.
    const result: unknown = await (VERBS[verb] as (argument: unknown) => unknown)(argument);
    scope.postMessage({ kind: 'answer', id, result });
  } catch (error) {
    scope.postMessage({ kind: 'refusal', id, refusal: refusalOf(error) });
  }
}

scope.onmessage = ({ data }) => void answer(data);
