/** A board whose answers to the processor go into the trace hash. */
import type { Board, Cpu } from '@kexec/x86-cpu';
import type { TraceHash } from './trace-hash.js';

/** What the processor does where it meets the board. */
export const TRACE = { READ: 1, WRITE: 2, INTERRUPT: 3, TIMESTAMP: 4 } as const;

/**
 * The same board, heard. Registers that are no ports show in the next interrupt: in its place among the instructions,
 * and in the registers at it.
 *
 * @param cpu - the processor, which is built after its board
 */
export function tracedBoard(
  trace: TraceHash,
  cpu: () => Cpu,
  board: Board & Required<Pick<Board, 'timestamp'>>,
): Board {
  const traced = (kind: number, where: number, value: number) => {
    trace.event(kind, cpu().icount, where, value);
    return value;
  };
  return {
    ...board,
    readPort: (port, bytes) => traced(TRACE.READ, port, board.readPort(port, bytes)),
    writePort: (port, bytes, value) => board.writePort(port, bytes, traced(TRACE.WRITE, port, value)),
    acknowledgeInterrupt: () => {
      const { eax, esp, eip } = cpu();
      trace.mix(eax);
      trace.mix(esp);
      return traced(TRACE.INTERRUPT, eip, board.acknowledgeInterrupt());
    },
    timestamp: () => traced(TRACE.TIMESTAMP, 0, board.timestamp()),
  };
}
