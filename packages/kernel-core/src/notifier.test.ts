/** Notifier chains: order, ends, and who may be in one. */
import { describe, expect, it } from 'vitest';
import { NOTIFY_BAD, NOTIFY_DONE, NOTIFY_OK, NOTIFY_STOP, NotifierChain } from './notifier.js';
import { EEXIST, ENOENT } from './uapi/errno.js';

function chain() {
  const calls: string[] = [];
  const block = (name: string, priority: number | undefined, answer: number) => ({
    ...(priority === undefined ? {} : { priority }),
    notifierCall: (event: number, data: string) => {
      calls.push(`${name} ${event} ${data}`);
      return answer;
    },
  });
  return { calls, block, chain: new NotifierChain<string>() };
}

describe('a notifier chain', () => {
  it('is told by priority, and in the order of registration among equals', () => {
    const { calls, block, chain: list } = chain();
    const order: [string, number | undefined][] = [
      ['zero', undefined],
      ['low', -5],
      ['high', 100],
      ['zero too', 0],
      ['high too', 100],
    ];
    for (const [name, priority] of order) list.register(block(name, priority, NOTIFY_OK));
    expect(list.callChain(1, 'x')).toBe(NOTIFY_OK);
    expect(calls).toEqual(['high 1 x', 'high too 1 x', 'zero 1 x', 'zero too 1 x', 'low 1 x']);
  });

  it('ends with the first answer that has NOTIFY_STOP_MASK', () => {
    for (const answer of [NOTIFY_STOP, NOTIFY_BAD]) {
      const { calls, block, chain: list } = chain();
      list.register(block('first', 2, NOTIFY_DONE));
      list.register(block('stops', 1, answer));
      list.register(block('never', 0, NOTIFY_OK));
      expect(list.callChain(2, 'y')).toBe(answer);
      expect(calls).toEqual(['first 2 y', 'stops 2 y']);
    }
  });

  it('answers NOTIFY_DONE when it is empty', () => {
    expect(chain().chain.callChain(1, '')).toBe(NOTIFY_DONE);
  });

  it('holds a block once and lets go of it once', () => {
    const { calls, block, chain: list } = chain();
    const one = block('one', 0, NOTIFY_OK);
    expect([list.register(one), list.register(one)]).toEqual([0, -EEXIST]);
    expect([list.unregister(one), list.unregister(one)]).toEqual([0, -ENOENT]);
    list.callChain(1, '');
    expect(calls).toEqual([]);
  });

  it('may lose a block while it is being told', () => {
    const { calls, block, chain: list } = chain();
    const later = block('later', 0, NOTIFY_OK);
    list.register({ priority: 1, notifierCall: () => NOTIFY_OK + list.unregister(later) });
    list.register(later);
    list.callChain(1, 'a');
    list.callChain(2, 'b');
    expect(calls).toEqual(['later 1 a']);
  });
});
