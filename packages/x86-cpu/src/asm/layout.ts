/** Addresses for statements: passes over the text until no length and no symbol changes. */
import type { SourceLine, SourcePlace } from './assembler-error.js';
import { AssemblerError } from './assembler-error.js';
import { encodeInstruction, matchInstruction } from './encode.js';
import type { Expression, Scope } from './expression.js';
import { evaluate } from './expression.js';
import { fits, littleEndian } from './integer.js';
import type { Match } from './match.js';
import type { InstructionStatement, Statement } from './statement.js';

/** A statement's place in the output. */
export interface ListingLine extends SourceLine {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** What became of the text. */
export interface Assembly {
  readonly bytes: Uint8Array;
  /** Address of the first byte. */
  readonly origin: number;
  /** Address of every label, and value of every `equ`. A local label's name includes its parent's: `copy.loop`. */
  readonly labels: ReadonlyMap<string, number>;
  /** What each line that emits bytes gave, in order. */
  readonly listing: readonly ListingLine[];
}

/** More statements than this never wait for each other; a text that needs more passes defines a symbol by itself. */
const MAX_PASSES = 1000;
/** No text has reason to emit more; it stops a `times` with a wrong count. */
const MAX_OUTPUT_BYTES = 0x0400_0000;
const NOP = 0x90n;

/**
 * Assigns addresses.
 *
 * The first pass takes every symbol that is still unknown to be `$`, and so finds the shortest lengths. From
 * pass to pass the length of an instruction only grows; as there is a longest one, the passes come to an end.
 */
export class Layout {
  readonly #statements: readonly Statement[];
  readonly #bits: 16 | 32;
  readonly #defined: ReadonlySet<string>;
  readonly #labels: ReadonlySet<string>;
  readonly #values = new Map<string, bigint>();
  /** Length reached by each instruction; one under `times` shares it among its copies. */
  readonly #lengths = new Map<Statement, number>();
  /** Forms that each instruction fits: the same in every pass. */
  readonly #matches = new Map<Statement, readonly Match[]>();

  #origin: bigint;
  #here = 0n;
  #passBits: 16 | 32 = 32;
  #changed = false;
  #final = false;
  #output: number[] = [];
  #listing: ListingLine[] = [];

  constructor(
    statements: readonly Statement[],
    origin: bigint,
    bits: 16 | 32,
    symbols: Readonly<Record<string, number>>,
  ) {
    this.#statements = statements;
    this.#origin = origin;
    this.#bits = bits;
    const names = statements.flatMap((s) => (s.kind === 'label' || s.kind === 'equ' ? [s.name] : []));
    this.#labels = new Set(statements.flatMap((s) => (s.kind === 'label' ? [s.name] : [])));
    this.#defined = new Set([...Object.keys(symbols), ...names]);
    for (const [name, value] of Object.entries(symbols)) this.#values.set(name, BigInt(value));
  }

  /** Runs passes to the fixed point, then one more that reports what is wrong. */
  assemble(): Assembly {
    for (let pass = 0; this.#pass(); pass++) {
      if (pass === MAX_PASSES) this.#failUnstable();
    }
    this.#final = true;
    this.#pass();
    return {
      bytes: Uint8Array.from(this.#output),
      origin: Number(this.#origin),
      labels: new Map(
        [...this.#values].filter(([name]) => !/^\d/.test(name)).map(([name, value]) => [name, Number(value)]),
      ),
      listing: this.#listing,
    };
  }

  /** Goes over all statements once; true if anything came out other than in the pass before. */
  #pass(): boolean {
    this.#here = this.#origin;
    this.#passBits = this.#bits;
    this.#changed = false;
    this.#output = [];
    this.#listing = [];
    for (const statement of this.#statements) this.#place(statement);
    return this.#changed;
  }

  #place(statement: Statement): void {
    const address = this.#here;
    const start = this.#output.length;
    this.#emitTolerantly(statement);
    if (this.#final && this.#output.length > start) {
      const bytes = Uint8Array.from(this.#output.slice(start));
      const { line, text } = statement.source;
      this.#listing.push({ line, text, address: Number(address), bytes });
    }
  }

  /** Values may be out of range while symbols still move: only the last pass minds. */
  #emitTolerantly(statement: Statement): void {
    try {
      this.#emitStatement(statement);
    } catch (error) {
      const passing = error instanceof AssemblerError && TRANSIENT.has(error.code);
      if (this.#final || !passing) throw error;
      // It keeps the room that it had.
      this.#emit(new Array<number>(this.#lengths.get(statement) ?? 0).fill(0));
    }
  }

  #emitStatement(statement: Statement): void {
    switch (statement.kind) {
      case 'label':
        this.#define(statement.name, this.#here);
        break;
      case 'equ':
        this.#define(statement.name, this.#evaluate(statement.value, statement.source));
        break;
      case 'bits':
        this.#passBits = statement.bits;
        break;
      case 'org':
        this.#setOrigin(statement);
        break;
      case 'align':
        this.#align(statement);
        break;
      case 'advance':
        this.#advance(statement);
        break;
      case 'data':
        for (const item of statement.items) this.#emitItem(item, statement.unitBytes, statement.source);
        break;
      case 'reserve': {
        const count = this.#count(statement.count, statement.source);
        this.#emit(new Array<number>(count * statement.unitBytes).fill(0));
        break;
      }
      case 'times': {
        const count = this.#count(statement.count, statement.source);
        for (let i = 0; i < count; i++) this.#emitStatement(statement.body);
        break;
      }
      case 'instruction':
        this.#emitInstruction(statement);
        break;
    }
  }

  #emitInstruction(statement: InstructionStatement): void {
    const minimum = this.#lengths.get(statement) ?? 0;
    const scope = this.#scope(statement.source);
    const matches = this.#matches.get(statement) ?? matchInstruction(statement, this.#passBits);
    this.#matches.set(statement, matches);
    const bytes = encodeInstruction(statement, matches, this.#passBits, scope, minimum);
    if (bytes.length !== minimum) this.#changed = true;
    this.#lengths.set(statement, bytes.length);
    this.#emit(bytes);
  }

  #setOrigin(statement: Statement & { kind: 'org' }): void {
    const origin = this.#evaluate(statement.value, statement.source);
    if (this.#output.length > 0) {
      throw new AssemblerError('SYNTAX', 'org must come before the first byte', statement.source);
    }
    if (origin !== this.#origin) this.#changed = true;
    this.#origin = origin;
    this.#here = origin;
  }

  #align(statement: Statement & { kind: 'align' }): void {
    const boundary = this.#evaluate(statement.boundary, statement.source);
    if (boundary <= 0n || (boundary & (boundary - 1n)) !== 0n || boundary > MAX_OUTPUT_BYTES) {
      throw new AssemblerError('OUT_OF_RANGE', `${boundary} is no power of two`, statement.source);
    }
    const fill = statement.fill ? this.#evaluate(statement.fill, statement.source) : NOP;
    const count = Number(BigInt.asUintN(64, -this.#here) & (boundary - 1n));
    this.#emit(new Array<number>(count).fill(Number(fill & 0xffn)));
  }

  /** GNU as's .org counts from the first byte, and so do labels in its operand. */
  #advance(statement: Statement & { kind: 'advance' }): void {
    const { source } = statement;
    const symbol = (name: string, place: SourcePlace) =>
      this.#symbol(name, place) - (this.#labels.has(name) ? this.#origin : 0n);
    const scope = { source, here: this.#here - this.#origin, origin: 0n, symbol };
    const offset = evaluate(statement.to, scope);
    const count = offset - scope.here;
    if (count < 0n || count > MAX_OUTPUT_BYTES) {
      const message = `.org ${offset} is not ahead of offset ${scope.here}`;
      throw new AssemblerError('OUT_OF_RANGE', message, source, 'an .org can only move on, never back');
    }
    const fill = statement.fill ? this.#evaluate(statement.fill, source) : 0n;
    this.#emit(new Array<number>(Number(count)).fill(Number(fill & 0xffn)));
  }

  #emitItem(item: Expression | string, unitBytes: number, source: SourcePlace): void {
    if (typeof item === 'string') {
      const bytes = [...new TextEncoder().encode(item)];
      while (bytes.length % unitBytes !== 0) bytes.push(0);
      this.#emit(bytes);
      return;
    }
    // A value out of range still takes its room, so that the passes before the last see true addresses.
    const value = this.#evaluate(item, source);
    if (this.#final && !fits(value, 8 * unitBytes)) {
      throw new AssemblerError('OUT_OF_RANGE', `${value} does not fit ${8 * unitBytes} bits`, source);
    }
    this.#emit(littleEndian(value, unitBytes));
  }

  #emit(bytes: readonly number[]): void {
    for (const byte of bytes) this.#output.push(byte);
    this.#here += BigInt(bytes.length);
  }

  #define(name: string, value: bigint): void {
    if (this.#values.get(name) === value) return;
    this.#values.set(name, value);
    this.#changed = true;
  }

  #count(expression: Expression, source: SourcePlace): number {
    const count = this.#evaluate(expression, source);
    if (count < 0n || count > MAX_OUTPUT_BYTES) {
      throw new AssemblerError(
        'OUT_OF_RANGE',
        `a count of ${count} is not in 0 to ${MAX_OUTPUT_BYTES}`,
        source,
      );
    }
    return Number(count);
  }

  #evaluate(expression: Expression, source: SourcePlace): bigint {
    return evaluate(expression, this.#scope(source));
  }

  #scope(source: SourcePlace): Scope {
    return { source, here: this.#here, origin: this.#origin, symbol: this.#symbol };
  }

  readonly #symbol = (name: string, source: SourcePlace): bigint => {
    if (!this.#defined.has(name))
      throw new AssemblerError('UNDEFINED_SYMBOL', `${readable(name)} is not defined`, source, DEFINE);
    return this.#values.get(name) ?? this.#here;
  };

  #failUnstable(): never {
    const source = this.#statements.find((s) => s.kind === 'equ' || s.kind === 'times')?.source;
    const message = 'symbols keep changing: one is defined by itself';
    throw new AssemblerError('UNSTABLE', message, source ?? { line: 1, column: 1, text: '' });
  }
}

const DEFINE = 'define it as a label or by equ or .set, or give it in options.symbols';

/** A numbered label of AT&T syntax goes by its number and its turn. */
function readable(name: string): string {
  return name.replace(/^(\d+)#\d+$/, 'a label $1: that way');
}

const TRANSIENT: ReadonlySet<string> = new Set(['OUT_OF_RANGE', 'DIVISION_BY_ZERO']);
