/** A region as one Wasm function: state into locals, the structured blocks, and the two ways out. */
import { blockEntry, isEntryOf } from '../interpreter/block-lookup.js';
import { HANDLER_TYPE, handlerModule } from '../interpreter/handler-module.js';
import { BLOCK_RECORD_FIELD, RECORD_HANDLER } from '../interpreter/record.js';
import { EAX, FLAG_AUX, FLAG_RESULT, FLAT_MODE } from '../state/layout.js';
import { type ControlFlow, controlFlow, type Node, successors } from './control-flow.js';
import { binary, constant, hostLoad, hostStore, local } from './expr.js';
import type { Block } from './region.js';
import {
  COUNT,
  EXIT_EIP,
  EXIT_ENTRY,
  FIRST_REGISTER,
  FLAG_AUX_LOCAL,
  FLAG_RESULT_LOCAL,
  HANDLER_PARAMETERS,
  PAGE_EIP,
  RECORD,
} from './region-locals.js';
import { type EmittedBlock, RegionMachine } from './region-machine.js';
import { structure } from './structure.js';
import { PAGE_MASK } from './tlb-lookup.js';
import { i32Const, localGet, localSet, OP } from './wasm/instructions.js';
import type { Func } from './wasm/module.js';
import { EMPTY } from './wasm/types.js';
import { type Code, flatten, UNLIKELY, u32 } from './wasm/values.js';

/** Functions that a module of regions imports: the dispatch loop, and the way to a record by EIP. */
export const RUN = 0;
export const GO = 1;
/** Index of HANDLER_TYPE, that of the first import. */
const HANDLER_TYPE_INDEX = 0;

/** Where instructions have their records. */
export interface RecordSource {
  /** Of the instruction itself. */
  recordAt(offset: number): number;
  /** Of what a jump to an offset goes to; undefined where no record is known. */
  entryAt(offset: number): number | undefined;
}

/** A region's function. */
export interface RegionFunc extends Func {
  /** Whether it calls the imports that follow RUN and GO: the floating-point functions. */
  readonly callsFunctions: boolean;
}

/** Emits the region of these blocks, the first of which is its entry. */
export function emitRegion(
  blocks: readonly Block[],
  mode: number,
  records: RecordSource,
  features: number,
): RegionFunc {
  const flow = controlFlow(blocks);
  const emitted: EmittedBlock[] = [];
  const machine = new RegionMachine({
    mode,
    features,
    target: (from, offset) => {
      const node = flow.edge(from, offset);
      return node ? { node } : { record: records.entryAt(offset) };
    },
    recordAt: (offset) => records.recordAt(offset),
    needsFlags: ({ isHeader, order }) => isHeader || (emitted[order]?.needsFlags ?? true),
  });
  const lengths = longestPaths(flow);
  const entry = flow.nodes[0];
  if (!entry) throw new TypeError('a region without blocks');
  // Successors first: whether they look at the flags decides what a block leaves of them.
  for (const node of [...flow.nodes].reverse()) {
    const limit = node === entry || node.isHeader ? lengths[node.order] : undefined;
    emitted[node.order] = machine.block(node, limit);
  }
  const body = [
    guard(mode, records.recordAt(entry.block.start)),
    loads([...machine.used]),
    [OP.block, EMPTY, OP.block, EMPTY],
    structure(entry, emitted),
    [OP.end, stores([...machine.written]), leaves().toRecord],
    [OP.end, stores([...machine.written]), leaves().toEip],
  ];
  const unlikely: number[] = [];
  return {
    type: HANDLER_TYPE,
    locals: machine.localTypes(HANDLER_PARAMETERS),
    body: flatten(body, unlikely),
    unlikely,
    callsFunctions: machine.callsFunctions,
  };
}

/** The most instructions from each node on to the next loop head or exit. */
function longestPaths({ nodes, edge }: ControlFlow): number[] {
  const lengths: number[] = [];
  const rest = (from: Node, offset: number): number => {
    const to = edge(from, offset);
    return to && !to.isHeader && to.order > from.order ? (lengths[to.order] ?? 0) : 0;
  };
  for (const node of [...nodes].reverse()) {
    const rests = successors(node.block).map((offset) => rest(node, offset));
    lengths[node.order] = node.block.insns.length + Math.max(0, ...rests);
  }
  return lengths;
}

/** In another mode the instructions are for the dispatch loop. */
function guard(mode: number, record: number): Code {
  return [
    hostLoad(constant(0), 32, FLAT_MODE).code,
    [i32Const(mode), OP['i32.ne'], UNLIKELY, OP.if, EMPTY],
    [i32Const(record), localGet(COUNT), localGet(PAGE_EIP), OP.return_call, u32(RUN), OP.end],
  ];
}

function loads(registers: readonly number[]): Code {
  return places(registers).map(([index, field]) => [hostLoad(constant(0), 32, field).code, localSet(index)]);
}

function stores(registers: readonly number[]): Code {
  return places(registers).map(([index, field]) => hostStore(constant(0), local(index), 32, field));
}

/** Locals and the fields of the state that they stand for. */
function places(registers: readonly number[]): (readonly [number, number])[] {
  return [
    ...registers.map((register) => [FIRST_REGISTER + register, EAX + 4 * register] as const),
    [FLAG_RESULT_LOCAL, FLAG_RESULT],
    [FLAG_AUX_LOCAL, FLAG_AUX],
  ];
}

/** How regions are left: the same code in all. */
interface Leaves {
  readonly toRecord: Code;
  readonly toEip: Code;
}

let made: Leaves | undefined;

function leaves(): Leaves {
  made ??= { toRecord: flatten(leaveToRecord()), toEip: flatten(leaveToEip()) };
  return made;
}

/** The next record may be another region's entry: a shorter way than through the dispatch loop. */
function leaveToRecord(): Code {
  const { firstIndirect } = handlerModule();
  const number = hostLoad(local(RECORD), 32, RECORD_HANDLER).code;
  const parameters = [localGet(RECORD), localGet(COUNT), localGet(PAGE_EIP)];
  return [
    [number, i32Const(firstIndirect), OP['i32.ge_u'], OP.if, EMPTY],
    [parameters, number, i32Const(firstIndirect), OP['i32.sub']],
    [OP.return_call_indirect, u32(HANDLER_TYPE_INDEX), u32(0), OP.end],
    [parameters, OP.return_call, u32(RUN)],
  ];
}

/** The block table may know the record; code is flat, so the page's EIP is as aligned as the page. */
function leaveToEip(): Code {
  const eip = local(EXIT_EIP);
  const entry = local(EXIT_ENTRY);
  return [
    [blockEntry(eip).code, localSet(EXIT_ENTRY)],
    [isEntryOf(entry, eip).code, OP.if, EMPTY],
    [hostLoad(entry, 32, BLOCK_RECORD_FIELD).code, localSet(RECORD)],
    [binary('i32.and', eip, constant(PAGE_MASK)).code, localSet(PAGE_EIP)],
    [leaveToRecord(), OP.end],
    [localGet(EXIT_EIP), localGet(COUNT), OP.return_call, u32(GO)],
  ];
}
