/** The interpreter: finds records for EIP, lets the Wasm handlers run, and does what they cannot. */
import { PAGE_SIZE, type Pfn, type PhysAddr } from '@kexec/phys-mem';
import type { HostBreakpoints } from '../host-breakpoints.js';
import type { Interpreter, InterpreterExit } from '../interpreter-interface.js';
import { cpuImports } from '../jit/imports.js';
import { type DispatchLoop, Tier } from '../jit/tier.js';
import type { LinearAddr } from '../mmu/segmentation.js';
import type { MemoryAccess } from '../semantics/number-machine.js';
import type { SystemNumberMachine } from '../semantics/system-number-machine.js';
import { CPU_AREA_BYTES, EIP, EVENT_NEAR, FLAT_MODE } from '../state/layout.js';
import { BlockPlaces } from './block-places.js';
import { BlockTable } from './block-table.js';
import { type CalledInsn, CodeCache } from './code-cache.js';
import type { CodeMode } from './code-mode.js';
import { CodeView } from './code-view.js';
import { handlerModule } from './handler-module.js';
import type { InterpreterHost } from './host.js';
import { InstructionFetch } from './instruction-fetch.js';
import { PlacedBreakpoints } from './placed-breakpoints.js';
import { CALLED, EXIT, EXIT_REASON, EXIT_RECORD, LEFT } from './record.js';
import { WatchedStores } from './watched-stores.js';

export type { InterpreterHost } from './host.js';

/** Makes an interpreter on the CPU state in `host.mem.memory`. */
export function createInterpreter(host: InterpreterHost, machine: SystemNumberMachine): Interpreter {
  return new HandlerInterpreter(host, machine);
}

/** Instructions for the handlers at one go: V8 replaces their first code by faster one only between calls. */
const SLICE = 0x4_0000;
const PAGE_OFFSET_MASK = PAGE_SIZE - 1;
const BUDGET_EXIT: InterpreterExit = { kind: 'budget' };
const ATTENTION_EXIT: InterpreterExit = { kind: 'attention' };

class HandlerInterpreter implements Interpreter {
  readonly #host: InterpreterHost;
  readonly #machine: SystemNumberMachine;
  readonly #state: DataView;
  readonly #cache: CodeCache;
  readonly #blocks: BlockTable;
  /** Of the supervisor's views, and of the user's: those go as a whole with every write to CR3. */
  readonly #places = new BlockPlaces((eip) => this.#blocks.forget(eip));
  readonly #userPlaces = new BlockPlaces((eip) => this.#blocks.forget(eip));
  readonly #view: CodeView;
  readonly #fetcher: InstructionFetch;
  #run: DispatchLoop['run'];
  readonly #hooks = new Set<PhysAddr>();
  readonly #breakpoints: HostBreakpoints;
  readonly #placed: PlacedBreakpoints;
  readonly #tier: Tier | undefined;
  #generation = 0;
  #isExitWanted = false;
  #isInWasm = false;
  #isRepeating = false;
  /** Part of the budget that the handlers know nothing of, so that they return in good time. */
  #heldBack = 0;

  constructor(host: InterpreterHost, machine: SystemNumberMachine) {
    const { mem } = host;
    this.#host = host;
    this.#machine = machine;
    this.#state = new DataView(mem.memory.buffer, 0, CPU_AREA_BYTES);
    this.#blocks = new BlockTable(mem.memory);
    this.#view = new CodeView(mem.memory);
    this.#fetcher = new InstructionFetch(host, this.#view);
    this.#cache = new CodeCache(mem, host.features, host.policy?.arrivals ?? 0, (pfn) => {
      mem.codePages.mark(pfn);
      host.dropWriteTags(pfn);
    });
    this.#breakpoints = host.breakpoints;
    this.#placed = new PlacedBreakpoints(host.breakpoints, this.#cache);
    const stores = new WatchedStores(host.access, mem.memory);
    mem.codePages.onWrite((pfn) => this.#cache.written(pfn, stores.current));
    const renew = () => {
      const loop = instantiate(mem.memory, stores, (record) => this.#callOut(record));
      this.#run = loop.run;
      return loop;
    };
    const loop = renew();
    this.#run = loop.run;
    if (host.policy) this.#tier = new Tier(mem, host.features, host.policy, this.#cache, { loop, renew });
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
    this.#state.setInt32(EVENT_NEAR, this.#host.isEventNear() ? 1 : 0, true);
    if (this.#placed.settle((paddr) => this.#hooks.has(paddr))) this.flush();
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
    this.#fetcher.forgetPages();
    this.#forgetPlaces();
    if (this.#isInWasm) this.exitSoon();
  }

  flushNonGlobal(): void {
    this.#fetcher.forgetLocalPages();
    this.#places.dropLocal();
    this.#userPlaces.clear();
    this.#view.forgetUser();
    this.#exitIfUnknown();
  }

  flushPage(laddr: LinearAddr): void {
    this.#fetcher.forgetPages();
    this.#places.dropAround(laddr);
    this.#userPlaces.dropAround(laddr);
    this.#exitIfUnknown();
  }

  /** Of a page that is still known the next record is still the next. */
  #exitIfUnknown(): void {
    if (this.#isInWasm && !this.#viewPlaces.has(this.#here())) this.exitSoon();
  }

  get #viewPlaces(): BlockPlaces {
    return this.#view.isUser ? this.#userPlaces : this.#places;
  }

  /** No lookup is valid any more. */
  #forgetPlaces(): void {
    this.#places.clear();
    this.#userPlaces.clear();
    this.#view.flush();
  }

  /** Linear address of the instruction under execution. */
  #here(): LinearAddr {
    return (this.#view.base + this.#state.getInt32(EIP, true)) >>> 0;
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
    if (!this.#placed.has(paddr)) this.#cache.removeHook(paddr);
  }

  breakpointsChanged(): void {
    this.#placed.change();
  }

  /** The record for EIP, or 0 where instructions must be executed one by one. Throws what the fetch faults on. */
  #find(): number {
    const view = this.#view;
    this.#forgetDropped();
    view.refresh();
    const eip = this.#state.getInt32(EIP, true);
    const known = this.#blocks.get(eip, view.key);
    if (known !== 0) return known;
    const paddr = this.#fetcher.address(0);
    const mode = view.modeAt(eip);
    if (!mode) return 0;
    this.#placed.place((view.base + eip) >>> 0, paddr);
    const record = this.#cache.recordAt(paddr, mode);
    this.#forgetDropped();
    if (record === 0) return 0;
    if (mode.linked && !this.#viewPlaces.has((view.base + eip) >>> 0)) this.#noteEntries(eip, paddr, mode);
    this.#note(eip, record);
    return record;
  }

  #note(eip: number, record: number): void {
    const { key, base } = this.#view;
    this.#blocks.set(eip, key, record);
    this.#viewPlaces.add((base + eip) >>> 0, eip, this.#fetcher.pageFlags());
  }

  /** A page that comes into view is mostly known from another address space: all that was ever jumped to in it. */
  #noteEntries(eip: number, paddr: PhysAddr, mode: CodeMode): void {
    const page = this.#cache.pageAt(paddr, mode);
    const start = eip - (paddr & PAGE_OFFSET_MASK);
    for (const [offset, entry] of page?.entries ?? []) this.#note((start + offset) | 0, entry);
  }

  /** No lookup is valid after all records were dropped. */
  #forgetDropped(): void {
    if (this.#generation === this.#cache.generation) return;
    this.#generation = this.#cache.generation;
    this.#forgetPlaces();
  }

  /** Lets the handlers run, and does what they left for the run loop. */
  #executeFrom(record: number): PhysAddr | undefined {
    const pageEip = (this.#state.getInt32(EIP, true) - this.#cache.offsetOf(record)) | 0;
    const before = this.left;
    this.#isInWasm = true;
    try {
      this.#run(record, this.#state.getInt32(LEFT, true), pageEip);
    } finally {
      this.#isInWasm = false;
      this.#setLeft(this.left);
    }
    this.#tier?.passed(before - this.left);
    const at = this.#state.getInt32(EXIT_RECORD, true);
    const reason = this.#state.getInt32(EXIT_REASON, true);
    this.#isRepeating = reason === EXIT.REPEATING;
    switch (reason) {
      case EXIT.HOT:
        this.#translate(at);
        return undefined;
      case EXIT.HOOK:
        return this.#fetcher.address(0);
      case EXIT.STALE:
        this.#blocks.forget(this.#state.getInt32(EIP, true));
        return undefined;
      default:
        return undefined;
    }
  }

  /** An entry has become hot. */
  #translate(entry: number): void {
    const mode = this.#view.modeAt(this.#state.getInt32(EIP, true));
    const page = mode && this.#cache.pageAt(this.#fetcher.address(0), mode);
    if (!page) return;
    const offset = this.#cache.offsetOf(entry);
    this.#tier?.enqueue({ page, offset, entry, mode: this.#state.getInt32(FLAT_MODE, true) });
  }

  /** Called by the handlers, which count the instruction. @returns where they go on: CALLED of record.ts */
  #callOut(record: number): number {
    const insn = this.#cache.calledAt(record);
    if (!insn) return this.#callCrossing(record);
    const { key } = this.#view;
    const following = (this.#state.getInt32(EIP, true) + insn.decoded.length) | 0;
    this.#executeCalled(insn);
    if (this.#machine.isRepeating) return CALLED.AGAIN;
    this.#view.refresh();
    const isNext = this.#state.getInt32(EIP, true) === following && this.#view.key === key;
    return isNext ? CALLED.NEXT : CALLED.JUMP;
  }

  /** The same for one that crosses into another page: its bytes there may be others each time. */
  #callCrossing(record: number): number {
    const insn = this.#fetcher.fetch();
    if (this.#cache.placeCrossing(record, insn)) return CALLED.ITSELF;
    this.#executeCalled(insn);
    if (this.#machine.isRepeating) return CALLED.AGAIN;
    this.#view.refresh();
    return CALLED.JUMP;
  }

  #executeCalled(insn: CalledInsn): void {
    insn.operands ??= this.#machine.operands(insn.decoded);
    this.#machine.execute(insn.decoded, insn.operands);
  }

  /** Fetches, decodes and executes one instruction where records cannot serve. */
  #executeOne(): PhysAddr | undefined {
    if (this.#hooks.size > 0 || this.#breakpoints.isArmed) {
      const paddr = this.#fetcher.address(0);
      if (this.#hooks.has(paddr) || this.#breakpoints.has(this.#here())) return paddr;
    }
    this.#executeCalled(this.#fetcher.fetch());
    this.#isRepeating = this.#machine.isRepeating;
    this.#setLeft(this.left - 1);
    return undefined;
  }

  /** What is left of the budget: a slice of it for the handlers, the rest held back. */
  #setLeft(left: number): void {
    const slice = Math.min(left, SLICE);
    this.#heldBack = left - slice;
    this.#state.setInt32(LEFT, slice, true);
  }
}

function instantiate(
  memory: WebAssembly.Memory,
  access: MemoryAccess,
  system: (record: number) => number,
): DispatchLoop {
  const { exports } = new WebAssembly.Instance(handlerModule().module, cpuImports(memory, access, system));
  return exports as unknown as DispatchLoop;
}
