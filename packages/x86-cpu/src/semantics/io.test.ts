/** Tests of port I/O: widths, strings, and who may. */
import { describe, expect, it } from 'vitest';
import { TR } from '../state/layout.js';
import {
  CODE,
  type Guest,
  type GuestOptions,
  IDT,
  KERNEL_CS,
  protectedGuest,
  TSS,
} from '../testing/guest.js';

const TO_RING_3 = 'push USER_DS\npush USER_STACK_TOP\npush 2\npush USER_CS\npush user\niretd\nuser:\n';

function faultOf(text: string, options: GuestOptions = {}, setUp?: (guest: Guest) => void) {
  const guest = protectedGuest(text, options);
  setUp?.(guest);
  guest.run();
  const { vector, errorCode } = guest.delivered();
  return [vector, errorCode];
}

function halted(text: string, options: GuestOptions = {}, setUp?: (guest: Guest) => void): Guest {
  const guest = protectedGuest(text, options);
  setUp?.(guest);
  expect(guest.run().kind).toBe('halt');
  expect(guest.cpu.eip).toBeGreaterThan(CODE);
  return guest;
}

describe('ports', () => {
  const logged = () => {
    const log: string[] = [];
    const board = {
      readPort: (port: number, bytes: number) => {
        log.push(`in ${port.toString(16)}.${bytes}`);
        return 0x1122_3344;
      },
      writePort: (port: number, bytes: number, value: number) => {
        log.push(`out ${port.toString(16)}.${bytes}=${value.toString(16)}`);
      },
    };
    return { log, board };
  };

  it('IN and OUT reach the board at their width, and IN keeps the rest of the accumulator', () => {
    const { log, board } = logged();
    const { cpu } = halted(
      'mov eax, -1\nmov dx, 0x3f8\nin al, dx\nmov ebx, eax\nin ax, 0x40\nin eax, dx\nout 0x80, al\nout dx, eax\nhlt',
      { board },
    );
    expect([cpu.ebx, cpu.eax]).toEqual([0xffff_ff44, 0x1122_3344]);
    expect(log).toEqual(['in 3f8.1', 'in 40.2', 'in 3f8.4', 'out 80.1=44', 'out 3f8.4=11223344']);
  });

  it('an interrupt that an OUT requests comes before the next instruction, each time round a loop', () => {
    const guest = protectedGuest(
      'sti\nagain: out 0x80, al\nafter: inc ebx\njmp again\ncount: inc ecx\niretd',
      {
        board: {
          writePort: () => guest.cpu.setInterruptLine(true),
          acknowledgeInterrupt: () => acknowledge(),
        },
        translator: { arrivals: 2, batch: 1, patience: 0 },
      },
    );
    const returns = new Set<number>();
    const acknowledge = () => {
      guest.cpu.setInterruptLine(false);
      returns.add(guest.cpu.eip);
      return 0x31;
    };
    guest.gate(IDT, 0x31 * 8, KERNEL_CS, guest.label('count'), 0x8e);
    guest.cpu.run(1 + 5 * 20);
    expect([guest.cpu.ebx, guest.cpu.ecx]).toEqual([20, 20]);
    expect([...returns]).toEqual([guest.label('after')]);
  });

  it('code that a device writes over in answer to OUT is not executed', () => {
    const guest = protectedGuest('mov ecx, 9\nagain: out 0x80, al\nafter: inc ebx\nloop again\nhlt', {
      board: {
        writePort: () => {
          // INC EBX, then DEC EBX.
          if (guest.cpu.ecx === 4) guest.mem.write8(guest.label('after'), 0x4b);
        },
      },
    });
    expect(guest.run()).toEqual({ kind: 'halt' });
    expect(guest.cpu.ebx).toBe(5 - 4);
  });

  it('REP INSD and OUTSB move strings, backwards with DF', () => {
    const { log, board } = logged();
    const guest = halted(
      'mov dx, 0x1f0\nmov edi, 0x9000\nmov ecx, 2\nrep insd\nstd\nmov esi, 0x9001\nmov ecx, 2\nrep outsb\nhlt',
      { board },
    );
    expect([guest.mem.read32(0x9000), guest.mem.read32(0x9004)]).toEqual([0x1122_3344, 0x1122_3344]);
    expect([guest.cpu.edi, guest.cpu.esi, guest.cpu.ecx]).toEqual([0x9008, 0x8fff, 0]);
    expect(log.slice(2)).toEqual(['out 1f0.1=33', 'out 1f0.1=44']);
  });

  it('INS checks its destination before it reads the port', () => {
    const { log, board } = logged();
    expect(
      faultOf('mov edi, 0x9000\nmov eax, KERNEL_CS\nmov es, eax\nmov dx, 0x60\ninsb', { board }),
    ).toEqual([13, 0]);
    expect(log).toEqual([]);
  });

  it('with CPL > IOPL the TSS’s bitmap decides, every port of the access counting', () => {
    const { log, board } = logged();
    const withMap = (guest: Guest) => {
      guest.cpu.setSegment(TR, { selector: 0x28, attributes: 0x8b, base: TSS, limit: 0x200 });
      guest.mem.fill(TSS + 0x68, 0x199, 0xff);
      guest.mem.write8(TSS + 0x68 + 0x60 / 8, 0xfc);
    };
    expect(faultOf(`${TO_RING_3} in al, 0x60\nin ax, 0x60\nud2`, { board }, withMap)).toEqual([6, undefined]);
    expect(log).toEqual(['in 60.1', 'in 60.2']);
    expect(faultOf(`${TO_RING_3} in eax, 0x60`, { board }, withMap)).toEqual([13, 0]);
    expect(faultOf(`${TO_RING_3} in ax, 0x61`, { board }, withMap)).toEqual([13, 0]);
    expect(faultOf(`${TO_RING_3} in al, 0x60`, { board })).toEqual([13, 0]);
    expect(log).toHaveLength(2);
  });
});
