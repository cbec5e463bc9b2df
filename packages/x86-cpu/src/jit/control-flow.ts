/** The region's control-flow graph: order of its blocks, dominators, loop headers, and the edges it keeps. */
import type { Block } from './region.js';

/** A block in its graph. */
export interface Node {
  readonly block: Block;
  /** Place in reverse postorder: a dominator comes before what it dominates. */
  readonly order: number;
  /** Nodes that this one dominates at once, in reverse postorder. */
  readonly children: Node[];
  /** Whether an edge leads back here. */
  isHeader: boolean;
  /** Edges from blocks before it. */
  forwardEdges: number;
}

/** The blocks that the entry reaches. */
export interface ControlFlow {
  /** In reverse postorder, the entry first. */
  readonly nodes: readonly Node[];
  /**
   * The node that an edge leads to; undefined for an edge that leaves the region: out of it, or into the
   * midst of a loop, so that every loop that is left has one way in.
   */
  edge(from: Node, offset: number | undefined): Node | undefined;
}

/** Puts blocks in order; the first is the entry. */
export function controlFlow(blocks: readonly Block[]): ControlFlow {
  const byStart = new Map(blocks.map((block) => [block.start, block]));
  const ordered = reversePostorder(blocks, byStart);
  const nodes = ordered.map(
    (block, order): Node => ({ block, order, children: [], isHeader: false, forwardEdges: 0 }),
  );
  const byOffset = new Map(nodes.map((node) => [node.block.start, node]));
  const dominators = immediateDominators(nodes, byOffset);
  const edge = (from: Node, offset: number | undefined): Node | undefined => {
    const to = offset === undefined ? undefined : byOffset.get(offset);
    if (!to || to.order > from.order) return to;
    return dominates(dominators, to.order, from.order) ? to : undefined;
  };
  for (const node of nodes) {
    if (node.order > 0) nodes[dominators[node.order] ?? 0]?.children.push(node);
    for (const offset of successors(node.block)) {
      const to = edge(node, offset);
      if (to && to.order > node.order) to.forwardEdges++;
      else if (to) to.isHeader = true;
    }
  }
  return { nodes, edge };
}

/** One for each edge: a jump to the instruction that follows it makes two. */
export function successors({ target, following, returns }: Block): number[] {
  return [...returns, target, following].filter((offset) => offset !== undefined);
}

function reversePostorder(blocks: readonly Block[], byStart: ReadonlyMap<number, Block>): Block[] {
  const seen = new Set<Block>();
  const postorder: Block[] = [];
  const visit = (block: Block): void => {
    seen.add(block);
    // The target first: then what follows comes right after its block, and is emitted in its place.
    for (const offset of successors(block)) {
      const next = byStart.get(offset);
      if (next && !seen.has(next)) visit(next);
    }
    postorder.push(block);
  };
  const [entry] = blocks;
  if (entry) visit(entry);
  return postorder.reverse();
}

/**
 * Order of each node's immediate dominator, by its own.
 *
 * @see Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm
 */
function immediateDominators(nodes: readonly Node[], byOffset: ReadonlyMap<number, Node>): Int32Array {
  const dominators = new Int32Array(nodes.length).fill(-1);
  dominators[0] = 0;
  const predecessors = nodes.map((): number[] => []);
  for (const node of nodes) {
    for (const offset of successors(node.block)) {
      const to = byOffset.get(offset);
      if (to) predecessors[to.order]?.push(node.order);
    }
  }
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (const { order } of nodes.slice(1)) {
      const known = (predecessors[order] ?? []).filter((from) => dominators[from] !== -1);
      const found = known.reduce((a, b) => nearestCommon(dominators, a, b));
      isChanged ||= dominators[order] !== found;
      dominators[order] = found;
    }
  }
  return dominators;
}

function nearestCommon(dominators: Int32Array, first: number, second: number): number {
  let a = first;
  let b = second;
  while (a !== b) {
    if (a > b) a = dominators[a] ?? 0;
    else b = dominators[b] ?? 0;
  }
  return a;
}

function dominates(dominators: Int32Array, above: number, below: number): boolean {
  let at = below;
  while (at > above) at = dominators[at] ?? 0;
  return at === above;
}
