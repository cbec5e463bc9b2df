/** What a CPU asks of the board that it is plugged into. */

/** Ports, the interrupt controller, and time. */
export interface Board {
  /** @returns the low `bytes` bytes count */
  readPort(port: number, bytes: 1 | 2 | 4): number;
  /** @param value - uint32, no wider than `bytes` */
  writePort(port: number, bytes: 1 | 2 | 4, value: number): void;
  /** The INTA cycle: the vector of the interrupt that the controller has raised. */
  acknowledgeInterrupt(): number;
  /** FERR#: an x87 exception waits with CR0.NE clear. A PC makes IRQ 13 of it. */
  setFerr?(level: boolean): void;
  /** IGNNE#: x87 instructions are executed in spite of a waiting exception. */
  isNumericErrorIgnored?(): boolean;
  /** A local APIC, which the board brings, is turned on or off by IA32_APIC_BASE.EN. Without it there is none. */
  setApicEnabled?(enabled: boolean): void;
  /** Ticks of the time-stamp counter; retired instructions are counted where the board has none. */
  timestamp?(): number;
}
