/** The interpreter: finds records for EIP, lets the Wasm handlers run, and does what they cannot. */
import type { Pfn, PhysAddr } from '@kexec/phys-mem';
import type { Decoded } from '../decode/decoded.js';
import type { Interpreter, InterpreterExit } from '../interpreter-interface.js';
import { cpuImports } from '../jit/imports.js';
import type { MemoryAccess } from '../semantics/number-machine.js';
import type { SystemNumberMachine } from '../semantics/system-number-machine.js';
import { CPU_AREA_BYTES, EIP } from '../state/layout.js';
import { BlockTable } from './block-table.js';
import { CodeCache } from './code-cache.js';
import { CodeView } from './code-view.js';
import { handlerModule } from './handler-module.js';
import type { InterpreterHost } from './host.js';
import { InstructionFetch } from './instruction-fetch.js';
import { EXIT, EXIT_REASON, EXIT_RECORD, LEFT } from './record.js';
import { WatchedStores } from './watched-stores.js';

export type { InterpreterHost } from './host.js';

/** Makes an interpreter on the CPU state in `host.mem.memory`. */
export function createInterpreter(host: InterpreterHost, machine: SystemNumberMachine): Interpreter {
  return new HandlerInterpreter(host, machine);
}

type Run = (record: number, left: number, pageEip: number) => void;

/** Instructions for the handlers at one go: V8 replaces their first code by faster one only between calls. */
const SLICE = 0x4_0000;
const BUDGET_EXIT: InterpreterExit = { kind: 'budget' };
const ATTENTION_EXIT: InterpreterExit = { kind: 'attention' };

class HandlerInterpreter implements Interpreter {
  readonly #machine: SystemNumberMachine;
  readonly #state: DataView;
  readonly #cache: CodeCache;
  readonly #blocks: BlockTable;
  readonly #view: CodeView;
  readonly #fetcher: InstructionFetch;
  readonly #run: Run;
  readonly #hooks = new Set<PhysAddr>();
  #generation = 0;
  #isExitWanted = false;
  #isInWasm = false;
  #isRepeating = false;
  /** Part of the budget that the handlers know nothing of, so that they return in good time. */
  #heldBack = 0;

  constructor(host: InterpreterHost, machine: SystemNumberMachine) {
    const { mem } = host;
    this.#machine = machine;
    this.#state = new DataView(mem.memory.buffer, 0, CPU_AREA_BYTES);
    this.#blocks = new BlockTable(mem.memory);
    this.#view = new CodeView(mem.memory);
    this.#fetcher = new InstructionFetch(host, this.#view);
    this.#cache = new CodeCache(mem, host.features, (pfn) => {
      mem.codePages.mark(pfn);
      host.dropWriteTags(pfn);
    });
    const stores = new WatchedStores(host.access, mem.memory);
    mem.codePages.onWrite((pfn) => this.#cache.written(pfn, stores.current));
    this.#run = instantiate(mem.memory, stores);
  }

  get left(): number {
    return this.#state.getInt32(LEFT, true) + this.#heldBack;
  }

  get isRepeating(): boolean {
    return this.#isRepeating;
  }

  run(budget: number): InterpreterExit {
    this.#isExitWanted = false;
    this.#isRepeating = false;
    this.#setLeft(budget);
    while (this.left > 0) {
      const record = this.#find();
      const hook = record === 0 ? this.#executeOne() : this.#executeFrom(record);
      if (hook !== undefined) return { kind: 'hook', paddr: hook };
      if (this.#isExitWanted) return ATTENTION_EXIT;
    }
    return BUDGET_EXIT;
  }

  exitSoon(): void {
    this.#isExitWanted = true;
    if (!this.#isInWasm) return;
    this.#heldBack += this.#state.getInt32(LEFT, true) - 1;
    this.#state.setInt32(LEFT, 1, true);
  }

  flush(): void {
    this.#view.flush();
    if (this.#isInWasm) this.exitSoon();
  }

  modeChanged(): void {
    this.#view.refresh();
  }

  invalidatePage(pfn: Pfn): void {
    this.#cache.invalidate(pfn);
  }

  addHook(paddr: PhysAddr): void {
    this.#hooks.add(paddr);
    this.#cache.addHook(paddr);
  }

  removeHook(paddr: PhysAddr): void {
    this.#hooks.delete(paddr);
    this.#cache.removeHook(paddr);
  }

  /** The record for EIP, or 0 where instructions must be executed one by one. Throws what the fetch faults on. */
  #find(): number {
    const view = this.#view;
    view.refresh();
    const eip = this.#state.getInt32(EIP, true);
    const known = this.#blocks.get(eip, view.key);
    if (known !== 0) return known;
    const paddr = this.#fetcher.address(0);
    const mode = view.modeAt(eip);
    if (!mode) return 0;
    const record = this.#cache.recordAt(paddr, mode);
    if (this.#generation !== this.#cache.generation) {
      this.#generation = this.#cache.generation;
      view.flush();
    }
    if (record !== 0) this.#blocks.set(eip, view.key, record);
    return record;
  }

  /** Lets the handlers run, and does what they left for the run loop. */
  #executeFrom(record: number): PhysAddr | undefined {
    const pageEip = (this.#state.getInt32(EIP, true) - this.#cache.offsetOf(record)) | 0;
    this.#isInWasm = true;
    try {
      this.#run(record, this.#state.getInt32(LEFT, true), pageEip);
    } finally {
      this.#isInWasm = false;
      this.#setLeft(this.left);
    }
    const at = this.#state.getInt32(EXIT_RECORD, true);
    const reason = this.#state.getInt32(EXIT_REASON, true);
    this.#isRepeating = reason === EXIT.REPEATING;
    switch (reason) {
      case EXIT.CALL_OUT: {
        const decoded = this.#cache.decodedAt(at);
        if (!decoded) return this.#executeOne();
        this.#execute(decoded);
        return undefined;
      }
      case EXIT.HOOK:
        return this.#fetcher.address(0);
      case EXIT.STALE:
        this.#blocks.forget(this.#state.getInt32(EIP, true));
        return undefined;
      default:
        return undefined;
    }
  }

  /** Fetches, decodes and executes one instruction where records cannot serve. */
  #executeOne(): PhysAddr | undefined {
    if (this.#hooks.size > 0) {
      const paddr = this.#fetcher.address(0);
      if (this.#hooks.has(paddr)) return paddr;
    }
    this.#execute(this.#fetcher.fetch());
    return undefined;
  }

  #execute(decoded: Decoded): void {
    this.#machine.execute(decoded);
    this.#isRepeating = this.#machine.isRepeating;
    this.#setLeft(this.left - 1);
  }

  /** What is left of the budget: a slice of it for the handlers, the rest held back. */
  #setLeft(left: number): void {
    const slice = Math.min(left, SLICE);
    this.#heldBack = left - slice;
    this.#state.setInt32(LEFT, slice, true);
  }
}

function instantiate(memory: WebAssembly.Memory, access: MemoryAccess): Run {
  const { exports } = new WebAssembly.Instance(handlerModule().module, cpuImports(memory, access));
  return exports.run as Run;
}
