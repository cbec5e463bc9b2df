/** Port I/O as a driver sees it. */

/** The I/O instructions; ports are 16 bits, values unsigned. @see arch/x86/include/asm/io.h */
export interface PortIo {
  inb(port: number): number;
  inw(port: number): number;
  inl(port: number): number;
  outb(port: number, value: number): void;
  outw(port: number, value: number): void;
  outl(port: number, value: number): void;
}
