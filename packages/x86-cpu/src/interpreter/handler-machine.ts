/** The machine that makes handlers: operands are fields of the record, so one handler serves every instruction of a form. */
import { binary, constant, type Expr, hostLoad, hostStore, local } from '../jit/expr.js';
import { SYSTEM } from '../jit/imported-functions.js';
import { call, i32Const, localGet, localSet, OP } from '../jit/wasm/instructions.js';
import { EMPTY } from '../jit/wasm/types.js';
import { type Code, u32 } from '../jit/wasm/values.js';
import { WasmMachine } from '../jit/wasm-machine.js';
import { DATA_SEGMENT, type Operand, type SegmentRef, type Size } from '../semantics/machine.js';
import { CS, EIP, SEGMENT_LIMIT } from '../state/layout.js';
import { blockEntry, isEntryOf } from './block-lookup.js';
import { emitBulk } from './bulk.js';
import { ImmediateSlot, MemorySlot, RegisterSlot, TargetSlot } from './handler-operands.js';
import { COUNT, HANDLER_PARAMETERS, PAGE_EIP, RECORD } from './handler-parameters.js';
import {
  BLOCK_RECORD_FIELD,
  CALLED,
  ENTRY_COUNT,
  ENTRY_INSTRUCTION,
  EXIT,
  LEFT,
  RECORD_BYTES,
  RECORD_IMMEDIATE,
  RECORD_LINK,
  RECORD_NEXT_OFFSET,
  RECORD_OFFSET,
  RECORD_SEGMENT,
  segmentField,
} from './record.js';

const GENERAL_PROTECTION = 13;

/** The attributes and the operands that tell one handler of a semantics from another. */
export interface HandlerForm {
  readonly operandSize: 16 | 32;
  readonly addressSize: 16 | 32;
  readonly rep: 0 | 0xf2 | 0xf3;
  readonly operands: readonly OperandForm[];
}

/** An operand, less what the record says. */
export interface OperandForm {
  readonly kind: 'register' | 'memory' | 'immediate' | 'relative';
  readonly size: Size;
}

/** Functions of the handler module that its handlers call. */
export interface HandlerFunctions {
  /** (record, left, pageEip): stores EIP and LEFT. */
  readonly save: number;
  /** (reason, record, left, pageEip): stores them for the run loop. */
  readonly exit: number;
  /** (eip, left): stores them; the run loop is to find the record. */
  readonly miss: number;
  /** Code that goes on at the record in local RECORD, given the number of open blocks. */
  dispatch(depth: number): Code;
}

/** Emits one handler. */
export class HandlerMachine extends WasmMachine {
  /** Attributes that the semantics has asked for: what they are then matters. */
  readonly asked = new Set<'operandSize' | 'addressSize' | 'rep'>();
  readonly #form: HandlerForm;
  readonly #functions: HandlerFunctions;
  /** The relative operand's value: a jump to it may follow the record's link. */
  #target: Expr | undefined;
  #isOver = false;

  constructor(form: HandlerForm, functions: HandlerFunctions, firstLocal = HANDLER_PARAMETERS) {
    super(firstLocal);
    this.#form = form;
    this.#functions = functions;
  }

  get operandSize(): 16 | 32 {
    this.asked.add('operandSize');
    return this.#form.operandSize;
  }
  get addressSize(): 16 | 32 {
    this.asked.add('addressSize');
    return this.#form.addressSize;
  }
  get rep(): 0 | 0xf2 | 0xf3 {
    this.asked.add('rep');
    return this.#form.rep;
  }

  /** The operands in order; each takes the next slot of its kind in the record. */
  operands(): Operand<Expr>[] {
    let registers = 0;
    let immediates = 0;
    return this.#form.operands.map(({ kind, size }) => {
      if (kind === 'register') return new RegisterSlot(this, size, registers++);
      if (kind === 'memory') return new MemorySlot(this, size);
      if (kind === 'immediate') return new ImmediateSlot(this, size, immediates++);
      return new TargetSlot(this);
    });
  }

  field(offset: number, size: Size = 32): Expr {
    return hostLoad(local(RECORD), size, offset);
  }

  segmentField(segment: SegmentRef): Expr {
    if (segment === DATA_SEGMENT) return this.let(this.field(RECORD_SEGMENT, 16));
    return constant(segmentField(segment));
  }

  nextEip(): Expr {
    return this.let(this.add(local(PAGE_EIP), this.field(RECORD_NEXT_OFFSET, 16)));
  }

  /** EIP + displacement, truncated to the operand size. */
  relativeTarget(): Expr {
    const eip = this.add(local(PAGE_EIP), this.field(RECORD_IMMEDIATE));
    this.#target = this.let(this.operandSize === 16 ? this.and(eip, constant(0xffff)) : eip);
    return this.#target;
  }

  jump(eip: Expr): void {
    this.#isOver ||= this.depth === 0;
    if (eip === this.#target) {
      const link = this.let(this.field(RECORD_LINK));
      this.if(link, () => {
        this.emit(link.code, localSet(RECORD));
        this.#charge();
      });
    }
    this.#jumpByTable(eip);
  }

  /** Ends with a jump to whatever EIP, through the block table. */
  #jumpByTable(target: Expr): void {
    const eip = this.let(target);
    const entry = this.let(blockEntry(eip));
    this.if(isEntryOf(entry, eip), () => {
      this.#goTo(eip, entry);
      this.#charge();
    });
    const limit = hostLoad(constant(0), 32, segmentField(CS) + SEGMENT_LIMIT);
    this.if(binary('i32.gt_u', eip, limit), () => this.raise(GENERAL_PROTECTION, 0));
    this.#miss(eip);
  }

  /** Counts the instruction, and leaves the next one to the run loop. */
  #miss(eip: Expr): void {
    const left = this.sub(local(COUNT), constant(1));
    this.emit(eip.code, left.code, call(this.#functions.miss), OP.return);
  }

  #goTo(eip: Expr, entry: Expr): void {
    this.emit(hostLoad(entry, 32, BLOCK_RECORD_FIELD).code, localSet(RECORD));
    this.emit(this.sub(eip, this.field(RECORD_OFFSET, 16)).code, localSet(PAGE_EIP));
  }

  again(): void {
    this.#isOver ||= this.depth === 0;
    this.#charge(EXIT.REPEATING);
  }

  /** Not with 16-bit addresses, where (E)SI and (E)DI wrap. */
  bulk(what: 'move' | 'fill', size: Size): void {
    if (this.addressSize === 32) emitBulk(this, size, what === 'move');
  }

  override raise(vector: number, errorCode?: number): void {
    this.#isOver ||= this.depth === 0;
    super.raise(vector, errorCode);
  }

  /** Falls through to the record that follows. */
  next(): void {
    if (this.#isOver) return;
    this.emit(this.add(local(RECORD), constant(RECORD_BYTES)).code, localSet(RECORD));
    this.#charge();
  }

  /** Counts the instruction, and goes on at the record in local RECORD unless the budget is used up. */
  #charge(reason: number = EXIT.BUDGET): void {
    const { exit, dispatch } = this.#functions;
    this.emit(this.sub(local(COUNT), constant(1)).code, OP['local.tee'], u32(COUNT));
    this.emit(OP['i32.eqz'], OP.if, EMPTY);
    this.emit(i32Const(reason), localGet(RECORD), localGet(COUNT), localGet(PAGE_EIP), call(exit), OP.return);
    this.emit(OP.end, dispatch(this.depth));
  }

  /** A record that is no instruction: goes on at the EIP it stands for, by its link or the block table. */
  goOn(): void {
    const link = this.let(this.field(RECORD_LINK));
    this.if(link, () => {
      this.emit(link.code, localSet(RECORD), this.#functions.dispatch(this.depth));
    });
    const eip = this.let(this.add(local(PAGE_EIP), this.field(RECORD_OFFSET, 16)));
    const entry = this.let(blockEntry(eip));
    this.if(isEntryOf(entry, eip), () => {
      this.#goTo(eip, entry);
      this.emit(this.#functions.dispatch(this.depth));
    });
    this.emit(eip.code, localGet(COUNT), call(this.#functions.miss), OP.return);
  }

  /** A record that stands before an instruction's, wherever that is. */
  pass(): void {
    this.emit(this.field(ENTRY_INSTRUCTION).code, localSet(RECORD), this.#functions.dispatch(this.depth));
  }

  /** An entry that counts its arrivals, and stops the run loop at the last. */
  count(): void {
    const rest = this.let(this.sub(this.field(ENTRY_COUNT), constant(1)));
    this.emit(hostStore(local(RECORD), rest, 32, ENTRY_COUNT));
    this.if(this.eqz(rest), () => this.leave(EXIT.HOT));
    this.pass();
  }

  /** An instruction that the interpreting machine executes; it says where to go on. */
  callOut(): void {
    const outcome = this.newLocal();
    this.callback(localGet(RECORD), call(SYSTEM), localSet(outcome));
    this.if(this.eq(local(outcome), constant(CALLED.NEXT)), () => this.next());
    this.if(this.eq(local(outcome), constant(CALLED.AGAIN)), () => this.#charge(EXIT.REPEATING));
    this.if(this.eq(local(outcome), constant(CALLED.ITSELF)), () => {
      this.emit(this.add(local(RECORD), constant(RECORD_BYTES)).code, localSet(RECORD));
      this.emit(this.#functions.dispatch(this.depth));
    });
    const eip = this.get(EIP);
    const entry = this.let(blockEntry(eip));
    this.if(isEntryOf(entry, eip), () => {
      this.#goTo(eip, entry);
      this.#charge();
    });
    this.#miss(eip);
  }

  /** A record that returns to the run loop. */
  leave(reason: number): void {
    const { exit } = this.#functions;
    this.emit(i32Const(reason), localGet(RECORD), localGet(COUNT), localGet(PAGE_EIP), call(exit), OP.return);
  }

  leaveIf(condition: Expr): void {
    this.if(condition, () => this.callOut());
  }

  leaveIfLast(): void {
    this.leaveIf(this.eqz(this.gtU(local(COUNT), constant(1))));
  }

  reach(segment: SegmentRef, offset: Expr, bits: number, isWrite: boolean): Expr {
    const place = this.translate(segment, offset, bits, isWrite);
    this.leaveIf(this.eqz(place.hit));
    return this.let(place.host);
  }

  protected saveContext(): Code {
    return [localGet(RECORD), localGet(COUNT), localGet(PAGE_EIP), call(this.#functions.save)];
  }

  protected restoreContext(): Code {
    return [hostLoad(constant(0), 32, LEFT).code, localSet(COUNT)];
  }
}
