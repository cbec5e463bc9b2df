/** Memory access that knows which bytes of a page its store is about to change. */
import { PAGE_SIZE } from '@kexec/phys-mem';
import type { Size } from '../semantics/machine.js';
import type { MemoryAccess } from '../semantics/number-machine.js';
import { CPU_AREA_BYTES, SEGMENT_BASE } from '../state/layout.js';
import type { PageRange } from './code-page.js';
import { segmentField } from './record.js';

const PAGE_OFFSET_MASK = PAGE_SIZE - 1;

/** The handlers' way to memory: a store beside decoded code must cost little. */
export class WatchedStores implements MemoryAccess {
  readonly #access: MemoryAccess;
  readonly #state: DataView;
  #start = -1;
  #end = -1;

  constructor(access: MemoryAccess, memory: WebAssembly.Memory) {
    this.#access = access;
    this.#state = new DataView(memory.buffer, 0, CPU_AREA_BYTES);
  }

  /** Offsets in its page of the store under way, if it lies in one page. */
  get current(): PageRange | undefined {
    return this.#start < 0 ? undefined : { start: this.#start, end: this.#end };
  }

  read(segment: number, offset: number, size: Size): number {
    return this.#access.read(segment, offset, size);
  }

  write(segment: number, offset: number, value: number, size: Size): void {
    const base = this.#state.getInt32(segmentField(segment) + SEGMENT_BASE, true);
    const start = (base + offset) & PAGE_OFFSET_MASK;
    const end = start + size / 8;
    this.#start = end <= PAGE_SIZE ? start : -1;
    this.#end = end;
    try {
      this.#access.write(segment, offset, value, size);
    } finally {
      this.#start = -1;
    }
  }

  checkRead(segment: number, offset: number, size: Size): void {
    this.#access.checkRead(segment, offset, size);
  }

  checkWrite(segment: number, offset: number, size: Size): void {
    this.#access.checkWrite(segment, offset, size);
  }
}
