/** Structured control flow: the dominator tree as nested Wasm blocks and loops, every edge a branch or a fall through. */
import type { Node } from './control-flow.js';
import { OP } from './wasm/instructions.js';
import { EMPTY } from './wasm/types.js';
import { type Code, u32 } from './wasm/values.js';

/*
 * A node's code is followed by what it dominates. A child that several edges reach stands behind the end of a
 * Wasm block around its parent, and is reached by leaving that; a child of one edge stands in that edge's
 * place; a header is a loop.
 *
 * @see Ramsey: Beyond Relooper: Recursive Translation of Unstructured Control Flow to Structured Control Flow
 */

/** Where the region is left: the dispatch loop at a record, or whatever is known of an EIP. */
export type Exit = 'run' | 'go';

/** A branch that waits for its place: what it becomes is put into `code`. */
export interface Branch {
  readonly to: Node | Exit;
  /** Wasm blocks open around it within the code of its node. */
  readonly depth: number;
  readonly code: Code[];
}

/** A node's code with its branches; control never falls out of it. */
export interface EmittedNode {
  readonly code: Code;
  readonly branches: readonly Branch[];
}

/** A label that is open: leaving a block leads to a node or an exit, a loop's label to its header. */
type Frame = Node | Exit | 'nothing';

/** The code of all nodes, to stand in two blocks: the inner is left for 'run', the outer for 'go'. */
export function structure(entry: Node, emitted: readonly EmittedNode[]): Code {
  return treeCode(entry, ['go', 'run']);

  function treeCode(node: Node, frames: readonly Frame[]): Code {
    const merges = node.children.filter(isMerge);
    if (!node.isHeader) return nodeCode(node, merges.reverse(), frames);
    return [OP.loop, EMPTY, nodeCode(node, merges.reverse(), [...frames, node]), OP.end];
  }

  /** @param merges - the children to put behind blocks, the last in order outermost */
  function nodeCode(node: Node, merges: readonly Node[], frames: readonly Frame[]): Code {
    const [outermost, ...inner] = merges;
    if (!outermost) return ownCode(node, frames);
    const code = nodeCode(node, inner, [...frames, outermost]);
    return [OP.block, EMPTY, code, OP.end, treeCode(outermost, frames)];
  }

  function ownCode(node: Node, frames: readonly Frame[]): Code {
    const own = emitted[node.order];
    if (!own) throw new TypeError(`no code for the block at ${node.block.start.toString(16)}`);
    for (const branch of own.branches) {
      const open = [...frames, ...new Array<Frame>(branch.depth).fill('nothing')];
      branch.code.push(branchCode(node, branch.to, open));
    }
    return own.code;
  }

  function branchCode(from: Node, to: Node | Exit, frames: readonly Frame[]): Code {
    const isInPlace = typeof to !== 'string' && to.order > from.order && !isMerge(to);
    if (isInPlace) return treeCode(to, frames);
    return [OP.br, u32(frames.length - 1 - frames.lastIndexOf(to))];
  }
}

function isMerge(node: Node): boolean {
  return node.forwardEdges > 1;
}
