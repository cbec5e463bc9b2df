/** The machine that emits a region's blocks: guest registers and flags in locals, every exit with exact state. */
import type { Decoded } from '../decode/decoded.js';
import { segmentField } from '../interpreter/record.js';
import { DATA_SEGMENT, type SegmentRef, type Size } from '../semantics/machine.js';
import type { Node } from './control-flow.js';
import { binary, constant, type Expr, hostLoad, hostStore, local } from './expr.js';
import { fastWayOf } from './fast-rows.js';
import { RegionFloat } from './float/region-float.js';
import { LocalsMachine } from './locals-machine.js';
import type { Block, PlacedInsn } from './region.js';
import { COUNT, EXIT_EIP, PAGE_EIP, RECORD } from './region-locals.js';
import { type RegionPlace, regionPlace } from './region-memory.js';
import { operandsOf } from './region-operands.js';
import type { Branch, EmittedNode, Exit } from './structure.js';
import { i32Const, localGet, localSet, OP } from './wasm/instructions.js';
import { EMPTY } from './wasm/types.js';
import { type Code, UNLIKELY } from './wasm/values.js';

/** Where a jump to an offset from the page's start goes. */
export interface Target {
  /** A block of the region. */
  readonly node?: Node | undefined;
  /** Else a record to go on at. */
  readonly record?: number | undefined;
}

/** What the machine asks about the region. */
export interface RegionContext {
  readonly mode: number;
  target(from: Node, offset: number): Target;
  /** The record of the instruction at an offset itself. */
  recordAt(offset: number): number;
  /** Whether a block may look at the flags as they are when it is entered. */
  needsFlags(node: Node): boolean;
  /** Feature flags of the CPU model. */
  readonly features: number;
}

/** A block's code. */
export interface EmittedBlock extends EmittedNode {
  /** Whether it looks at the flags as they are when it is entered. */
  readonly needsFlags: boolean;
}

/** Emits blocks, one after another, into separate code. */
export class RegionMachine extends LocalsMachine {
  readonly #context: RegionContext;
  #node: Node | undefined;
  #insn: PlacedInsn | undefined;
  #branches: Branch[] = [];
  #target: Expr | undefined;
  /** Instructions of the block from the current one on. */
  #rest = 0;
  readonly #float: RegionFloat;

  constructor(context: RegionContext) {
    super();
    this.#context = context;
    this.#float = new RegionFloat(this, () => ({
      opcode: this.#decoded.opcode,
      eip: this.#eipAt(this.#placed.offset),
      segment: this.#decoded.dataSegment,
    }));
  }

  /** Whether floating-point functions are called. */
  get callsFunctions(): boolean {
    return this.#float.callsFunctions;
  }

  /** @param limit - at a loop's head and at the entry: the budget that must be exceeded to go on */
  block(node: Node, limit: number | undefined): EmittedBlock {
    const { insns, following } = node.block;
    this.#node = node;
    this.#branches = [];
    this.begin();
    this.#float.begin();
    const code = this.capture(() => {
      this.#rest = insns.length;
      if (limit !== undefined) this.#checkBudget(limit);
      this.emit(localGet(COUNT), i32Const(insns.length), OP['i32.sub'], localSet(COUNT));
      for (const insn of insns) {
        this.#instruction(insn);
        this.#rest--;
      }
      this.#float.settle();
      if (!this.isOver) this.#jumpTo(following ?? insns.at(-1)?.next ?? 0);
    });
    return { code, branches: this.#branches, needsFlags: this.needsFlags };
  }

  /** A budget that may end within the region is for the dispatch loop to use up. */
  #checkBudget(limit: number): void {
    this.emit(localGet(COUNT), i32Const(limit), OP['i32.gt_s'], OP['i32.eqz'], UNLIKELY, OP.if, EMPTY);
    this.nested(() => {
      this.emit(i32Const(this.#context.recordAt(this.#block.start)), localSet(RECORD));
      this.#branch('run');
    });
    this.emit(OP.end);
  }

  #instruction(insn: PlacedInsn): void {
    const { decoded, next } = insn;
    this.#insn = insn;
    const [operand] = decoded.operands;
    this.#target = operand?.kind === 'relative' ? this.#eipAt(next + operand.value) : undefined;
    const fast = fastWayOf(decoded, this.#context.features);
    if (fast) {
      fast(this.#float.instruction(decoded));
    } else {
      // The block's last instruction may jump.
      if (this.#rest === 1) this.#float.settle();
      decoded.insn.semantics?.<Expr>(this, ...operandsOf(this, decoded, this.#target));
    }
    this.releaseTemporaries();
  }

  protected heldLocals(): readonly number[] {
    return this.#float.stack.held();
  }

  leaveIf(condition: Expr): void {
    this.emit(condition.code, UNLIKELY, OP.if, EMPTY);
    this.nested(() => this.#leaveBefore());
    this.emit(OP.end);
  }

  /** The budget of a region goes beyond its end. */
  leaveIfLast(): void {}

  reach(segment: SegmentRef, offset: Expr, bits: number, isWrite: boolean): Expr {
    return this.let(this.#reach(segment, offset, bits, isWrite).host);
  }

  get #current(): Node {
    if (!this.#node) throw new TypeError('no block is being translated');
    return this.#node;
  }
  get #block(): Block {
    return this.#current.block;
  }
  get #decoded(): Decoded {
    return this.#placed.decoded;
  }
  get #placed(): PlacedInsn {
    if (!this.#insn) throw new TypeError('no instruction is being translated');
    return this.#insn;
  }
  get operandSize(): 16 | 32 {
    return this.#decoded.operandSize;
  }
  get addressSize(): 16 | 32 {
    return this.#decoded.addressSize;
  }
  get rep(): 0 | 0xf2 | 0xf3 {
    return this.#decoded.rep;
  }

  segmentField(segment: SegmentRef): Expr {
    return constant(segmentField(this.#segment(segment)));
  }

  #segment(segment: SegmentRef): number {
    return segment === DATA_SEGMENT ? this.#decoded.dataSegment : segment;
  }

  override load(segment: SegmentRef, offset: Expr, size: Size): Expr {
    return this.let(hostLoad(this.#reach(segment, offset, size, false).host, size));
  }

  override store(segment: SegmentRef, offset: Expr, value: Expr, size: Size): void {
    const stored = this.let(value);
    this.emit(hostStore(this.#reach(segment, offset, size, true).host, stored, size));
  }

  override checkStore(segment: SegmentRef, offset: Expr, size: Size): void {
    this.#reach(segment, offset, size, true);
  }

  override updateMemory(segment: SegmentRef, offset: Expr, size: Size, compute: (old: Expr) => Expr): void {
    const host = this.let(this.#reach(segment, offset, size, true).host);
    const value = compute(this.let(hostLoad(host, size)));
    this.emit(hostStore(host, value, size));
  }

  /** An access that cannot go straight to RAM is the dispatch loop's: the region is left before the instruction. */
  #reach(segment: SegmentRef, offset: Expr, size: number, isWrite: boolean): RegionPlace {
    const { mode } = this.#context;
    const place = regionPlace(this, mode, this.#segment(segment), this.let(offset), size, isWrite);
    this.leaveIf(place.miss);
    return place;
  }

  /** Leaves the region for the dispatch loop, at the instruction under translation. */
  #leaveBefore(): void {
    this.settleFlags();
    this.#float.stack.settle();
    this.emit(i32Const(this.#context.recordAt(this.#placed.offset)), localSet(RECORD));
    this.emit(localGet(COUNT), i32Const(this.#rest), OP['i32.add'], localSet(COUNT));
    this.#branch('run');
  }

  override raise(): void {
    this.#leaveBefore();
    this.isOver = true;
  }

  again(): void {
    throw new TypeError(`${this.#decoded.insn.text} repeats itself`);
  }

  nextEip(): Expr {
    return this.#eipAt(this.#placed.next);
  }

  #eipAt(offset: number): Expr {
    return binary('i32.add', local(PAGE_EIP), constant(offset));
  }

  jump(eip: Expr): void {
    const [operand] = this.#decoded.operands;
    if (eip === this.#target && operand?.kind === 'relative') {
      this.#jumpTo(this.#placed.next + operand.value);
      return;
    }
    this.settleFlags();
    this.emit(eip.code, localSet(EXIT_EIP));
    for (const offset of this.#block.returns) this.#returnTo(offset);
    this.#branch('go');
    this.isOver = true;
  }

  /** A return that comes back behind a call of the region stays in it. */
  #returnTo(offset: number): void {
    const { node } = this.#context.target(this.#current, offset);
    if (!node) return;
    this.emit(binary('i32.eq', local(EXIT_EIP), this.#eipAt(offset)).code, OP.if, EMPTY);
    this.nested(() => this.#branch(node));
    this.emit(OP.end);
  }

  /** Goes on at an offset from the page's start. */
  #jumpTo(offset: number): void {
    this.isOver = true;
    const { node, record } = this.#context.target(this.#current, offset);
    if (!node || this.#context.needsFlags(node)) this.settleFlags();
    if (node) {
      this.#branch(node);
    } else if (record !== undefined) {
      this.emit(i32Const(record), localSet(RECORD));
      this.#branch('run');
    } else {
      this.emit(this.#eipAt(offset).code, localSet(EXIT_EIP));
      this.#branch('go');
    }
  }

  #branch(to: Node | Exit): void {
    const code: Code[] = [];
    this.#branches.push({ to, depth: this.depth, code });
    this.emit(code);
  }

  protected saveContext(): Code {
    throw new TypeError('a region calls nothing');
  }

  protected restoreContext(): Code {
    throw new TypeError('a region calls nothing');
  }
}
