/** The log: its ring in guest memory, and what consoles see. */
import { createPhysMem } from '@kexec/phys-mem';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KERN_DEBUG, KERN_ERR, KERN_INFO, LogBuffer, Printk } from './printk.js';

const mem = createPhysMem({ ramBytes: 0x1_0000, reservedBytes: 0x20_0000 });
const place = (size: number) => ({ __log_buf: 0x1000, size, log_end: 0x800, logged_chars: 0x804 });

function ring(size: number): LogBuffer {
  mem.fill(0x800, 8, 0);
  return new LogBuffer(mem, place(size));
}

describe('the ring', () => {
  it('holds the last bytes of all that was logged', () => {
    const message = fc.record({ level: fc.nat(7), text: fc.stringMatching(/^[ -~]{0,30}$/) });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 20 }),
        fc.integer({ min: 16, max: 200 }),
        (messages, size) => {
          const log = ring(size);
          for (const { level, text } of messages) log.append(level, text);
          const all = messages.map(({ level, text }) => `<${level}>${text}\n`).join('');
          expect(log.raw()).toBe(all.slice(-size));
        },
      ),
    );
  });

  it('touches no byte outside its own', () => {
    mem.fill(0x1000, 64, 0xee);
    const log = ring(32);
    for (let i = 0; i < 10; i++) log.append(6, 'a line that is long');
    expect([...mem.readBytes(0x1020, 32)].every((byte) => byte === 0xee)).toBe(true);
    expect(mem.read8(0xfff)).toBe(0);
  });

  it('leaves a message out of the list when its beginning is gone', () => {
    const log = ring(32);
    log.append(3, 'the first message');
    log.append(6, 'the second one');
    expect(log.messages()).toEqual([{ level: 6, text: 'the second one' }]);
  });

  it('goes on in another buffer over the same memory', () => {
    const log = ring(32);
    log.append(6, 'before');
    const other = new LogBuffer(mem, place(32));
    other.append(6, 'after');
    expect(other.text()).toBe('before\nafter\n');
  });
});

describe('printk', () => {
  it('logs each line by itself and shows those below the console loglevel', () => {
    const log = new Printk(ring(256));
    let shown = '';
    log.registerConsole({ name: 'test', write: (text) => (shown += text) }, { replay: false });
    log.printk(KERN_ERR, 'one\ntwo\n');
    log.printk(KERN_DEBUG, 'three');
    expect(shown).toBe('one\ntwo\n');
    expect(log.log.raw()).toBe('<3>one\n<3>two\n<7>three\n');
  });

  it('shows a console that comes late what it has missed, if it asks', () => {
    const log = new Printk(ring(256));
    log.printk(KERN_INFO, 'early');
    log.printk(KERN_DEBUG, 'quiet');
    const shown = ['', ''];
    for (const [index, replay] of [true, false].entries()) {
      const write = (text: string) => {
        shown[index] += text;
      };
      log.registerConsole({ name: `${index}`, write }, { replay });
    }
    expect(shown).toEqual(['early\n', '']);
  });
});
