/** Runs vectors natively: builds record.c, writes its input, reads its output (vector.h). */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BytesAt, RecordedOutcome, RecordedState } from '../src/testing/silicon-format.js';
import { FX_STATE_BYTES, type FxFlavour } from '../src/testing/silicon-fx-noise.js';
import type { Encoding } from './encodings.js';

/** Given by record.c for an instruction that did not end. */
export const TIMED_OUT = 0xff;
const BREAKPOINT = 3;
const FX_BYTES = 512;

/** A vector yet to run. */
export interface Question {
  readonly encoding: Encoding;
  readonly seed: number;
  readonly flavour: FxFlavour;
  readonly input: RecordedState;
}

export class NativeMachine {
  readonly #folder = mkdtempSync(join(tmpdir(), 'silicon-'));

  constructor(sources: string) {
    const options = ['-m32', '-O1', '-static', '-o', join(this.#folder, 'record'), join(sources, 'record.c')];
    execFileSync('gcc', options, { stdio: 'inherit' });
  }

  /** Outcomes in the order of the questions; undefined where the instruction did not end. */
  run(questions: readonly Question[]): (RecordedOutcome | undefined)[] {
    const [program = '', input = '', output = ''] = ['record', 'input', 'output'].map((name) =>
      join(this.#folder, name),
    );
    writeFileSync(input, Buffer.concat(questions.map(inputBytes)));
    execFileSync(program, [input, output], { stdio: 'inherit' });
    const reader = new OutputReader(readFileSync(output));
    return questions.map((question) => reader.outcome(question));
  }

  /** Removes what was built. */
  close(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

function inputBytes({ encoding, input }: Question): Buffer {
  const patches: readonly BytesAt[] = [...input.memory, [encoding.laddr, encoding.code]];
  const head = Buffer.alloc(54);
  for (const [i, value] of input.registers.entries()) head.writeUInt32LE(value >>> 0, 4 * i);
  head.writeUInt32LE(input.eip >>> 0, 32);
  head.writeUInt32LE(input.eflags >>> 0, 36);
  for (const [i, selector] of input.segments.entries()) head.writeUInt16LE(selector, 40 + 2 * i);
  head[52] = patches.length;
  head[53] = input.fx ? 1 : 0;
  const parts = [head];
  for (const [at, bytes] of patches) {
    const place = Buffer.alloc(6);
    place.writeUInt32LE(at >>> 0, 0);
    place.writeUInt16LE(bytes.length, 4);
    parts.push(place, Buffer.from(bytes));
  }
  if (input.fx) parts.push(Buffer.concat([input.fx], FX_BYTES));
  return Buffer.concat(parts);
}

class OutputReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  outcome({ encoding, input }: Question): RecordedOutcome | undefined {
    const registers = Array.from({ length: 8 }, () => this.#u32());
    const eip = this.#u32();
    const eflags = this.#u32();
    const segments = Array.from({ length: 6 }, () => this.#u16());
    const errorCode = this.#u32();
    const cr2 = this.#u32();
    const trapno = this.#u8();
    const changes = this.#u8();
    const memory = Array.from({ length: changes }, (): BytesAt => {
      const at = this.#u32();
      return [at, this.#take(this.#u16())];
    });
    const fx = input.fx ? Uint8Array.from(this.#take(FX_BYTES).slice(0, FX_STATE_BYTES)) : undefined;
    if (trapno === TIMED_OUT) return undefined;
    const state = { registers, eflags, segments, memory, fx, cr2 };
    // INT3 in the code pages marks the end of an instruction, unless it is one itself.
    const isEnd = trapno === BREAKPOINT && !isBreakpoint(encoding);
    if (isEnd) return { ...state, eip: (eip - 1) >>> 0, event: 'ok', errorCode: 0 };
    return { ...state, eip, event: trapno, errorCode };
  }

  #take(count: number): number[] {
    this.#at += count;
    return [...this.#bytes.subarray(this.#at - count, this.#at)];
  }

  #u8(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  #u16(): number {
    this.#at += 2;
    return this.#bytes.readUInt16LE(this.#at - 2);
  }

  #u32(): number {
    this.#at += 4;
    return this.#bytes.readUInt32LE(this.#at - 4);
  }
}

function isBreakpoint({ decoded }: Encoding): boolean {
  if (decoded?.insn.mnemonic === 'INT3') return true;
  const [operand] = decoded?.operands ?? [];
  return decoded?.insn.mnemonic === 'INT' && operand?.kind === 'immediate' && operand.value === BREAKPOINT;
}
