/** Region discovery: from a hot entry, the basic blocks of its page that control reaches without leaving it. */
import type { Decoded } from '../decode/decoded.js';
import { REP } from '../isa/insn.js';
import { fastWayOf } from './fast-rows.js';

const PAGE_BYTES = 0x1000;
/** Instructions of a region: beyond some hundreds the compiler's time for each grows. */
const MAX_INSTRUCTIONS = 200;
/** Calls that a return is compared with; after more of them it is left to the block table. */
const MAX_RETURNS = 4;
/** A region is as it is found if no more than one in so many of its instructions are in other regions already. */
const MAX_COPIED_SHARE = 2;

/** An instruction in its page. */
export interface PlacedInsn {
  readonly offset: number;
  readonly next: number;
  readonly decoded: Decoded;
}

/** Where a block may go on; `undefined` for a jump whose target is not known. */
export interface Successors {
  /** Offset in the page of a relative jump's target; may lie outside the page. */
  readonly target: number | undefined;
  /** Offset of the instruction that follows, if control can come there. */
  readonly following: number | undefined;
  /** Where a return may lead, at a guess: behind the region's calls. */
  readonly returns: readonly number[];
}

/** Instructions that follow each other, entered at the first alone. */
export interface Block extends Successors {
  readonly start: number;
  readonly insns: readonly PlacedInsn[];
}

/** What discovery asks of the page. */
export interface RegionSource {
  /** The instruction at an offset; undefined where none lies wholly in the page, or none may be translated. */
  decodeAt(offset: number): Decoded | undefined;
  /** Whether jumps to an offset have been so few that the region is better off without what is there. */
  isCold(offset: number): boolean;
  /** Whether what is at an offset has a region of its own, or will soon have one. */
  isEntered(offset: number): boolean;
  /** Whether the instruction at an offset is in a region. */
  isTranslated(offset: number): boolean;
  /** Feature flags of the CPU model. */
  readonly features: number;
}

/**
 * The blocks of the region that is entered at `entry`, that one first; none if it cannot be translated. A function that
 * calls others is entered behind each call, and its loops are entered too: were everything taken that control reaches,
 * its end would be translated once for each. So what is mostly known already is taken only up to the next entry.
 */
export function discoverRegion(entry: number, source: RegionSource): Block[] {
  const whole = reachedBlocks(entry, source, () => false);
  const offsets = whole.flatMap(({ insns }) => insns.map(({ offset }) => offset));
  const copied = offsets.filter((offset) => source.isTranslated(offset)).length;
  if (copied * MAX_COPIED_SHARE <= offsets.length) return whole;
  return reachedBlocks(entry, source, (offset) => offset !== entry && source.isEntered(offset));
}

/** @param isEnd - where control leaves the region */
function reachedBlocks(entry: number, source: RegionSource, isEnd: (offset: number) => boolean): Block[] {
  const insns = new Map<number, PlacedInsn>();
  const leaders = new Set([entry]);
  const queue = [entry];
  const returns: number[] = [];
  for (let from = queue.shift(); from !== undefined; from = queue.shift()) {
    let offset: number | undefined = from;
    while (offset !== undefined && !isEnd(offset) && !insns.has(offset) && insns.size < MAX_INSTRUCTIONS) {
      const insn: PlacedInsn | undefined = placedInsn(offset, source);
      if (!insn) break;
      insns.set(offset, insn);
      if (!endsBlock(insn.decoded)) {
        offset = insn.next;
        continue;
      }
      const { target, following }: Successors = likelySuccessors(insn, source);
      for (const leader of [target, following]) if (leader !== undefined) leaders.add(leader);
      if (target !== undefined && isInPage(target)) queue.push(target);
      if (target !== undefined && isInPage(target) && insn.decoded.insn.mnemonic === 'CALL') {
        leaders.add(insn.next);
        queue.push(insn.next);
        returns.push(insn.next);
      }
      offset = following;
    }
  }
  return cutBlocks(entry, insns, leaders, returns.length <= MAX_RETURNS ? returns : []);
}

/** Whether the translator knows the instruction: all rows over any machine, but for loops within one, and fast ones. */
export function isTranslatable(decoded: Decoded, features: number): boolean {
  if (fastWayOf(decoded, features)) return true;
  const { insn, rep, operands, operandSize } = decoded;
  if (!insn.semantics || (insn.flags & REP && rep !== 0)) return false;
  // ENTER stores before its last check; a 16-bit jump in 32-bit code truncates EIP.
  return insn.mnemonic !== 'ENTER' && !(operands[0]?.kind === 'relative' && operandSize === 16);
}

/** Without the target of a conditional jump that has hardly been taken: it is a way out of the region. */
function likelySuccessors(insn: PlacedInsn, source: RegionSource): Successors {
  const successors = successorsOf(insn, []);
  const { target, following } = successors;
  const isConditional = target !== undefined && following !== undefined;
  if (!isConditional || !isInPage(target) || !source.isCold(target)) return successors;
  return { ...successors, target: undefined };
}

function isInPage(offset: number): boolean {
  return offset >= 0 && offset < PAGE_BYTES;
}

function placedInsn(offset: number, source: RegionSource): PlacedInsn | undefined {
  if (!isInPage(offset)) return undefined;
  const decoded = source.decodeAt(offset);
  return decoded && isTranslatable(decoded, source.features)
    ? { offset, next: offset + decoded.length, decoded }
    : undefined;
}

/** Blocks in the order of their leaders' discovery, each up to the next leader or jump. */
function cutBlocks(
  entry: number,
  insns: ReadonlyMap<number, PlacedInsn>,
  leaders: ReadonlySet<number>,
  returns: readonly number[],
): Block[] {
  const blocks: Block[] = [];
  for (const start of leaders) {
    const members: PlacedInsn[] = [];
    let insn = insns.get(start);
    while (insn) {
      members.push(insn);
      if (endsBlock(insn.decoded) || leaders.has(insn.next)) break;
      insn = insns.get(insn.next);
    }
    const last = members.at(-1);
    if (last) blocks.push({ start, insns: members, ...successorsOf(last, returns) });
  }
  return blocks[0]?.start === entry ? blocks : [];
}

const CONDITIONAL = new Set(['LOOP', 'LOOPE', 'LOOPNE', 'JCXZ']);
const TRANSFERS = new Set(['JMP', 'CALL', 'RET', ...CONDITIONAL]);

function endsBlock({ insn, operands }: Decoded): boolean {
  return operands[0]?.kind === 'relative' || TRANSFERS.has(insn.mnemonic);
}

function successorsOf({ next, decoded }: PlacedInsn, returns: readonly number[]): Successors {
  const [operand] = decoded.operands;
  const target = operand?.kind === 'relative' ? next + operand.value : undefined;
  const { mnemonic } = decoded.insn;
  const isConditional = target !== undefined && mnemonic !== 'JMP' && mnemonic !== 'CALL';
  return {
    target,
    following: isConditional || !endsBlock(decoded) ? next : undefined,
    returns: mnemonic === 'RET' ? returns : [],
  };
}
