/** All handlers as one Wasm module: a dispatch loop with the hot ones inside, the others threaded by tail calls. */
import type { Decoded } from '../decode/decoded.js';
import { OPCODE_MAP } from '../isa/opcode-map.js';
import { OPCODE_MAP_0F } from '../isa/opcode-map-0f.js';
import { binary, constant, type Expr, hostLoad, hostStore, local } from '../jit/expr.js';
import { fastWayOf } from '../jit/fast-rows.js';
import { FLOAT_FUNCTIONS, makeFloatFunctions } from '../jit/float/functions.js';
import { IMPORTS } from '../jit/imported-functions.js';
import { i32Const, localGet, OP } from '../jit/wasm/instructions.js';
import { encodeModule, type Func, typeIndexOf } from '../jit/wasm/module.js';
import { EMPTY, type FuncType, I32 } from '../jit/wasm/types.js';
import { type Code, flatten, u32, vec } from '../jit/wasm/values.js';
import { EIP } from '../state/layout.js';
import { blockEntry, isEntryOf } from './block-lookup.js';
import { emitFloatHandler, type FloatHandler, floatHandlerFinder, floatHandlers } from './float-handlers.js';
import { type HandlerForm, type HandlerFunctions, HandlerMachine } from './handler-machine.js';
import { COUNT, HANDLER_PARAMETERS, PAGE_EIP, RECORD } from './handler-parameters.js';
import { type Handler, HandlerTable } from './handler-table.js';
import { isHot } from './hot-semantics.js';
import {
  BLOCK_RECORD_FIELD,
  EXIT,
  EXIT_REASON,
  EXIT_RECORD,
  LEFT,
  RECORD_HANDLER,
  RECORD_OFFSET,
} from './record.js';

/*
 * run(record, left, pageEip):
 *
 *   loop
 *     br_table on the record's handler number: the hot handlers, each ending in `br` to the loop
 *     default: return_call_indirect of a cold handler, which ends in return_call of run
 *
 * Measured on loops, calls, copies and wide code: 1.3 to 1.5 times the speed of threading all handlers by
 * tail calls. Only the hot handlers are inside: past some 41 KB of body V8 falls back to a cheaper register allocator.
 */

/** Handler numbers of records that are no instructions. */
export const PSEUDO = {
  /** The record's page has been written to: its instruction must be decoded again. */
  STALE: 0,
  /** Goes on at the record's own EIP, by link or block table. */
  GO_ON: 1,
  /** The interpreting machine executes the instruction: a system row, or one that crosses into another page. */
  CALL_OUT: 2,
  /** Stops the run loop: a hooked address. */
  HOOK: 3,
  /** An entry that goes on at its instruction. */
  PASS: 4,
  /** An entry that counts its arrivals. */
  COUNT: 5,
} as const;
const PSEUDO_COUNT = 6;
/** Entries of the function table for translated regions, after those of the cold handlers. */
export const REGION_SLOTS = 0x2000;

/** Of handlers, the dispatch loop and regions: record, instructions left, EIP of the page. */
export const HANDLER_TYPE: FuncType = { params: [I32, I32, I32], results: [] };
const SAVE = IMPORTS.length;
const EXIT_FUNC = SAVE + 1;
const MISS = SAVE + 2;
const RUN = SAVE + 3;
const GO = SAVE + 4;
const FIRST_FLOAT = SAVE + 5;
const FIRST_COLD = FIRST_FLOAT + FLOAT_FUNCTIONS.length;
/** Of the function that goes on at EIP: EIP, instructions left. */
export const GO_TYPE: FuncType = { params: [I32, I32], results: [] };

/** The compiled handlers, and how to find one. */
export interface HandlerModule {
  readonly module: WebAssembly.Module;
  /** Handler number of a decoded instruction, PSEUDO.CALL_OUT where there is none. */
  numberOf(decoded: Decoded, features: number): number;
  /** Number of handlers. */
  readonly handlers: number;
  /** The least handler number outside the dispatch loop, which is the function table's entry 0. */
  readonly firstIndirect: number;
  /** The function table's first entry for a region. */
  readonly firstRegion: number;
  /** The function table's size. */
  readonly tableSize: number;
  /** Bytes of code in the dispatch loop; see hot-semantics.ts. */
  readonly hotBytes: number;
}

let made: HandlerModule | undefined;

/** The handlers: made once, and shared by all CPUs. */
export function handlerModule(): HandlerModule {
  made ??= makeHandlerModule();
  return made;
}

function makeHandlerModule(): HandlerModule {
  const table = new HandlerTable([OPCODE_MAP, OPCODE_MAP_0F], askedBy);
  const hot = table.handlers.filter(isHot);
  const ordered = [...hot, ...table.handlers.filter((handler) => !isHot(handler))];
  const places = new Map(ordered.map((handler, place) => [handler, PSEUDO_COUNT + place]));
  const numbers = table.handlers.map((handler) => places.get(handler) ?? PSEUDO.CALL_OUT);
  const run = runFunc(hot);
  const firstIndirect = PSEUDO_COUNT + hot.length;
  const floats = floatHandlers([OPCODE_MAP, OPCODE_MAP_0F]);
  const floatPlace = floatHandlerFinder(floats);
  const firstFloat = PSEUDO_COUNT + ordered.length;
  const cold = [...ordered.slice(hot.length).map(coldFunc), ...floats.map(floatFunc)];
  const tableSize = cold.length + REGION_SLOTS;
  const bytes = encodeModule({
    imports: IMPORTS,
    funcs: [
      saveFunc(),
      exitFunc(),
      missFunc(),
      run,
      goFunc(firstIndirect),
      ...makeFloatFunctions(FIRST_FLOAT),
      ...cold,
    ],
    table: { imported: false, size: tableSize, first: 0, funcs: cold.map((_, i) => FIRST_COLD + i) },
    exports: [
      { name: 'run', func: RUN },
      { name: 'go', func: GO },
      ...FLOAT_FUNCTIONS.map(({ name }, i) => ({ name, func: FIRST_FLOAT + i })),
    ],
  });
  return {
    module: new WebAssembly.Module(bytes as BufferSource),
    numberOf: (decoded, features) => {
      if (!fastWayOf(decoded, features)) return numbers[table.numberOf(decoded)] ?? PSEUDO.CALL_OUT;
      const place = floatPlace(decoded);
      return place < 0 ? PSEUDO.CALL_OUT : firstFloat + place;
    },
    handlers: ordered.length + floats.length,
    firstIndirect,
    firstRegion: cold.length,
    tableSize,
    hotBytes: flatten(run.body).length,
  };
}

function askedBy(handler: Handler): ReadonlySet<'operandSize' | 'addressSize' | 'rep'> {
  const m = new HandlerMachine(
    handler.form,
    functionsWith(() => []),
  );
  emitHandler(m, handler);
  return m.asked;
}

function emitHandler(m: HandlerMachine, { semantics }: Handler): void {
  semantics(m, ...m.operands());
  m.next();
}

function functionsWith(dispatch: HandlerFunctions['dispatch']): HandlerFunctions {
  return { save: SAVE, exit: EXIT_FUNC, miss: MISS, dispatch };
}

/** Stores what a callback must find: EIP of the instruction, and the instructions left before it. */
function saveFunc(): Func {
  const body = [
    hostStore(constant(0), recordEip(RECORD, PAGE_EIP), 32, EIP),
    hostStore(constant(0), local(COUNT), 32, LEFT),
  ];
  return { type: HANDLER_TYPE, locals: 0, body };
}

function exitFunc(): Func {
  const [reason, record, left, pageEip] = [0, 1, 2, 3];
  const body = [
    hostStore(constant(0), recordEip(record, pageEip), 32, EIP),
    hostStore(constant(0), local(left), 32, LEFT),
    hostStore(constant(0), local(reason), 32, EXIT_REASON),
    hostStore(constant(0), local(record), 32, EXIT_RECORD),
  ];
  return { type: { params: [I32, I32, I32, I32], results: [] }, locals: 0, body };
}

/** EIP of a record's instruction. */
function recordEip(record: number, pageEip: number): Expr {
  return binary('i32.add', local(pageEip), hostLoad(local(record), 16, RECORD_OFFSET));
}

function missFunc(): Func {
  const [eip, left] = [0, 1];
  const body = [
    hostStore(constant(0), local(eip), 32, EIP),
    hostStore(constant(0), local(left), 32, LEFT),
    hostStore(constant(0), constant(EXIT.LOOKUP), 32, EXIT_REASON),
  ];
  return { type: { params: [I32, I32], results: [] }, locals: 0, body };
}

/** (eip, left): goes on at EIP, by the block table. */
function goFunc(firstIndirect: number): Func {
  const [eip, left] = [0, 1];
  const m = new HandlerMachine(
    NO_FORM,
    functionsWith(() => []),
    GO_TYPE.params.length,
  );
  const entry = m.let(blockEntry(local(eip)));
  m.if(isEntryOf(entry, local(eip)), () => {
    const record = m.let(hostLoad(entry, 32, BLOCK_RECORD_FIELD));
    const number = m.let(hostLoad(record, 32, RECORD_HANDLER));
    const pageEip = m.let(m.sub(local(eip), hostLoad(record, 16, RECORD_OFFSET)));
    m.if(m.geU(number, constant(firstIndirect)), () =>
      m.emit(record.code, localGet(left), pageEip.code, indirectCall(number.code, firstIndirect)),
    );
    m.emit(record.code, localGet(left), pageEip.code, OP.return_call, u32(RUN));
  });
  m.emit(localGet(eip), localGet(left), OP.return_call, u32(MISS));
  return { type: GO_TYPE, locals: m.localCount - GO_TYPE.params.length, body: flatten(m.code) };
}

function coldFunc(handler: Handler): Func {
  return funcOf(handler.form, (m) => emitHandler(m, handler));
}

function floatFunc(handler: FloatHandler): Func {
  return funcOf(NO_FORM, (m) => emitFloatHandler(m, handler, FIRST_FLOAT));
}

/** A handler that is a function of its own. */
function funcOf(form: HandlerForm, emit: (m: HandlerMachine) => void): Func {
  const tailCall = [localGet(RECORD), localGet(COUNT), localGet(PAGE_EIP), OP.return_call, u32(RUN)];
  const m = new HandlerMachine(
    form,
    functionsWith(() => tailCall),
  );
  emit(m);
  return { type: HANDLER_TYPE, locals: m.localTypes(HANDLER_PARAMETERS), body: flatten(m.code) };
}

function runFunc(hot: readonly Handler[]): Func {
  const emitters = [
    ...pseudoEmitters(),
    ...hot.map((handler) => (m: HandlerMachine) => emitHandler(m, handler)),
  ];
  const forms = [...new Array<undefined>(PSEUDO_COUNT).fill(undefined), ...hot.map(({ form }) => form)];
  const arms = emitters.length;
  let locals = HANDLER_PARAMETERS;
  const bodies = emitters.map((emit, i) => {
    // Blocks still open around arm i: the arms after it, the default's, and the loop, whose label is outermost.
    const toLoop = arms - i;
    const dispatch = (depth: number): Code => [OP.br, u32(toLoop + depth)];
    const m = new HandlerMachine(forms[i] ?? NO_FORM, functionsWith(dispatch));
    emit(m);
    locals = Math.max(locals, m.localCount);
    return flatten(m.code);
  });
  const number = hostLoad(local(RECORD), 32, RECORD_HANDLER).code;
  const labels = Array.from({ length: arms }, (_, i) => u32(i));
  const body = [
    [OP.loop, EMPTY],
    Array.from({ length: arms + 1 }, () => [OP.block, EMPTY]),
    [number, OP.br_table, vec(labels), u32(arms)],
    bodies.map((code) => [OP.end, code]),
    [OP.end, coldDispatch(number, arms)],
    [OP.end, OP.unreachable],
  ];
  return { type: HANDLER_TYPE, locals: locals - HANDLER_PARAMETERS, body };
}

const NO_FORM = { operandSize: 32, addressSize: 32, rep: 0, operands: [] } as const;

function pseudoEmitters(): ((m: HandlerMachine) => void)[] {
  const emitters: ((m: HandlerMachine) => void)[] = [];
  emitters[PSEUDO.STALE] = (m) => m.leave(EXIT.STALE);
  emitters[PSEUDO.GO_ON] = (m) => m.goOn();
  emitters[PSEUDO.CALL_OUT] = (m) => m.callOut();
  emitters[PSEUDO.HOOK] = (m) => m.leave(EXIT.HOOK);
  emitters[PSEUDO.PASS] = (m) => m.pass();
  emitters[PSEUDO.COUNT] = (m) => m.count();
  return emitters;
}

/** The record's handler is none of the `arms`: a tail call of its function. */
function coldDispatch(number: Code, arms: number): Code {
  return [localGet(RECORD), localGet(COUNT), localGet(PAGE_EIP), indirectCall(number, arms)];
}

/** A tail call of handler `number`, its parameters being on the stack. */
function indirectCall(number: Code, firstIndirect: number): Code {
  const type = typeIndexOf(IMPORTS, HANDLER_TYPE);
  return [number, i32Const(firstIndirect), OP['i32.sub'], OP.return_call_indirect, u32(type), u32(0)];
}
