/** The serial port as a console: a 16550 driven by polling. */
import type { Device } from '../device.js';
import type { PortIo } from '../port-io.js';
import type { Console } from '../printk.js';

/** Port of the first serial line, ttyS0. */
export const TTYS0_PORT = 0x3f8;

// Registers, by offset. @see include/uapi/linux/serial_reg.h
const UART_TX = 0;
const UART_DLL = 0;
const UART_IER = 1;
const UART_DLM = 1;
const UART_FCR = 2;
const UART_LCR = 3;
const UART_MCR = 4;
const UART_LSR = 5;

const UART_FCR_ENABLE_FIFO = 0x01;
const UART_LCR_WLEN8 = 0x03;
const UART_LCR_DLAB = 0x80;
const UART_MCR_DTR = 0x01;
const UART_MCR_RTS = 0x02;
const UART_LSR_THRE = 0x20;
const UART_LSR_TEMT = 0x40;

/** The clock of a PC's UART over 16: the rate with divisor 1. */
const BASE_BAUD = 115200;
/** Polls before a byte is sent anyway: a port that is not there must not stop the kernel. */
const WAIT_POLLS = 10_000;

/** Sets the line to 115200 8N1 with interrupts off; the driver polls. */
export function serial8250(io: PortIo, port = TTYS0_PORT): Console & Device {
  setTermios(io, port);
  return attachedSerial8250(io, port);
}

function setTermios(io: PortIo, port: number): void {
  const divisor = BASE_BAUD / 115200;
  io.outb(port + UART_IER, 0);
  io.outb(port + UART_LCR, UART_LCR_DLAB | UART_LCR_WLEN8);
  io.outb(port + UART_DLL, divisor & 0xff);
  io.outb(port + UART_DLM, divisor >> 8);
  io.outb(port + UART_LCR, UART_LCR_WLEN8);
  io.outb(port + UART_FCR, UART_FCR_ENABLE_FIFO);
  io.outb(port + UART_MCR, UART_MCR_DTR | UART_MCR_RTS);
}

/** The driver of a line that has been set up: touches no register until it is used. */
export function attachedSerial8250(io: PortIo, port = TTYS0_PORT): Console & Device {
  const waitFor = (bits: number) => {
    for (let poll = 0; poll < WAIT_POLLS; poll++) {
      if ((io.inb(port + UART_LSR) & bits) === bits) return;
    }
  };
  const send = (byte: number) => {
    waitFor(UART_LSR_THRE);
    io.outb(port + UART_TX, byte);
  };
  return {
    name: 'ttyS0',
    write: (text) => {
      for (const char of text) {
        if (char === '\n') send(0x0d);
        send(char.charCodeAt(0) & 0xff);
      }
    },
    resume: () => setTermios(io, port),
    // The console goes on polling after this; only interrupts end.
    shutdown: () => {
      waitFor(UART_LSR_TEMT);
      io.outb(port + UART_IER, 0);
    },
  };
}
