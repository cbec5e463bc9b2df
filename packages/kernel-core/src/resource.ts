/** Resources: what occupies the physical address space, as /proc/iomem shows it. */
import {
  E820_TYPE,
  type E820Entry,
  e820Range,
  type Range,
  rangeContains,
  rangesOverlap,
} from '@kexec/phys-mem';
import { EBUSY } from './uapi/errno.js';

/** A named range and what lies within it. */
export interface Resource extends Range {
  readonly name: string;
  readonly children: readonly Resource[];
}

interface Node extends Range {
  readonly name: string;
  readonly children: Node[];
}

const E820_NAMES: Readonly<Record<number, string>> = {
  [E820_TYPE.RAM]: 'System RAM',
  [E820_TYPE.ACPI]: 'ACPI Tables',
  [E820_TYPE.NVS]: 'ACPI Non-volatile Storage',
  [E820_TYPE.UNUSABLE]: 'Unusable memory',
};

/** The tree of physical ranges. @see kernel/resource.c */
export class Resources {
  readonly #roots: Node[] = [];

  /** The E820 map's ranges, each under the name Linux gives its type. */
  constructor(e820: readonly E820Entry[]) {
    for (const entry of e820) {
      const range = e820Range(entry);
      if (entry.size > 0) this.request(E820_NAMES[entry.type] ?? 'Reserved', range);
    }
  }

  /**
   * Puts a range under the smallest resource that contains it.
   *
   * @returns 0, or `-EBUSY` when it overlaps another without lying in it
   * @see kernel/resource.c request_resource(), insert_resource()
   */
  request(name: string, range: Range): number {
    let siblings = this.#roots;
    for (;;) {
      const parent = siblings.find((node) => rangeContains(node, range));
      if (!parent) break;
      siblings = parent.children;
    }
    if (siblings.some((node) => rangesOverlap(node, range))) return -EBUSY;
    const at = siblings.findIndex((node) => node.start > range.start);
    siblings.splice(at < 0 ? siblings.length : at, 0, {
      name,
      start: range.start,
      end: range.end,
      children: [],
    });
    return 0;
  }

  /** Takes the resource out that is this range and has nothing in it. @see kernel/resource.c release_resource() */
  release(range: Range): void {
    let siblings = this.#roots;
    for (;;) {
      const at = siblings.findIndex((node) => rangeContains(node, range));
      const node = siblings[at];
      if (!node) return;
      if (node.start === range.start && node.end === range.end && node.children.length === 0) {
        siblings.splice(at, 1);
        return;
      }
      siblings = node.children;
    }
  }

  /** The top of the tree, ascending. */
  get roots(): readonly Resource[] {
    return this.#roots;
  }

  /** The tree as /proc/iomem prints it: inclusive ends, two blanks a level. */
  format(): string {
    const lines: string[] = [];
    const print = (nodes: readonly Resource[], indent: string) => {
      for (const { name, start, end, children } of nodes) {
        lines.push(`${indent}${hex8(start)}-${hex8(end - 1)} : ${name}\n`);
        print(children, `${indent}  `);
      }
    };
    print(this.#roots, '');
    return lines.join('');
  }
}

function hex8(value: number): string {
  return value.toString(16).padStart(8, '0');
}
