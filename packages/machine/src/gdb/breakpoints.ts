/** The breakpoints and watchpoints of a client, by the kinds of `Z` packets. */
import type { Watchpoint } from '@kexec/x86-cpu';
import type { Debugger } from '../debug/debugger.js';

/* GDB manual, "Packets", `z type,addr,kind`. */
const SOFTWARE = 0;
const HARDWARE = 1;
const WRITE = 2;
const READ = 3;
const ACCESS = 4;

interface Placed {
  readonly type: number;
  readonly laddr: number;
  /** Bytes of a watchpoint. */
  readonly kind: number;
}

/** More than any client asks for. */
const MAX_PLACED = 0x1000;

/** What one client has placed; neither kind of breakpoint is written to the guest's memory or registers. */
export class ClientBreakpoints {
  readonly #debugger: Debugger;
  readonly #placed = new Map<string, Placed>();

  constructor(held: Debugger) {
    this.#debugger = held;
  }

  /** @returns false for a kind that there is not, and when there are too many */
  add(type: number, laddr: number, kind: number): boolean {
    const isWatchpoint = type >= WRITE;
    if (type > ACCESS || (isWatchpoint && (kind === 0 || laddr + kind > 2 ** 32))) return false;
    if (this.#placed.size >= MAX_PLACED) return false;
    this.#placed.set(`${type},${laddr},${kind}`, { type, laddr, kind });
    this.#apply(isWatchpoint);
    return true;
  }

  remove(type: number, laddr: number, kind: number): void {
    if (this.#placed.delete(`${type},${laddr},${kind}`)) this.#apply(type >= WRITE);
  }

  clear(): void {
    this.#placed.clear();
    this.#apply(true);
    this.#apply(false);
  }

  /** Whether the breakpoint at an address was asked for as one of hardware alone. */
  isHardware(laddr: number): boolean {
    const types = [...this.#placed.values()]
      .filter((placed) => placed.laddr === laddr)
      .map(({ type }) => type);
    return types.includes(HARDWARE) && !types.includes(SOFTWARE);
  }

  #apply(isWatchpoint: boolean): void {
    const placed = [...this.#placed.values()];
    if (isWatchpoint) this.#debugger.setWatchpoints(placed.flatMap((place) => watchpointOf(place) ?? []));
    else {
      const breakpoints = placed.filter(({ type }) => type <= HARDWARE);
      this.#debugger.setBreakpoints(breakpoints.map(({ laddr }) => laddr));
    }
  }
}

function watchpointOf({ type, laddr, kind }: Placed): Watchpoint | undefined {
  if (type < WRITE) return undefined;
  return {
    laddr,
    bytes: kind,
    read: type === READ || type === ACCESS,
    write: type === WRITE || type === ACCESS,
  };
}
