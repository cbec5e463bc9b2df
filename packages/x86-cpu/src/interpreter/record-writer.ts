/** Writes decoded instructions as records. */
import type { Decoded } from '../decode/decoded.js';
import { SEGMENT_BYTES, ZERO } from '../state/layout.js';
import { generalField } from '../state/registers.js';
import {
  ENTRY_COUNT,
  ENTRY_INSTRUCTION,
  RECORD_ADDRESS_MASK,
  RECORD_BASE,
  RECORD_DISPLACEMENT,
  RECORD_HANDLER,
  RECORD_IMMEDIATE,
  RECORD_INDEX,
  RECORD_LINK,
  RECORD_NEXT_OFFSET,
  RECORD_OFFSET,
  RECORD_REGISTERS,
  RECORD_SCALE,
  RECORD_SEGMENT,
  segmentField,
} from './record.js';

/** From one x87 or multimedia register to the next, in the state. */
const REGISTER_BYTES = 16;

/** Puts records into the arena. */
export class RecordWriter {
  readonly #view: DataView;

  constructor(memory: WebAssembly.Memory) {
    this.#view = new DataView(memory.buffer);
  }

  /** A record of handler `number` for what starts at `offset` of its page. */
  begin(record: number, number: number, offset: number, nextOffset: number): void {
    const view = this.#view;
    view.setInt32(record + RECORD_HANDLER, number, true);
    view.setUint16(record + RECORD_OFFSET, offset, true);
    view.setUint16(record + RECORD_NEXT_OFFSET, nextOffset, true);
    view.setInt32(record + RECORD_LINK, 0, true);
  }

  /** The operands of an instruction, in the slots that its handler reads. */
  operands(record: number, decoded: Decoded, nextOffset: number): void {
    const view = this.#view;
    let registers = 0;
    let immediates = 0;
    if (decoded.insn.system) view.setInt32(record + RECORD_IMMEDIATE, decoded.opcode, true);
    for (const operand of decoded.operands) {
      if (operand.kind === 'register') {
        view.setUint8(record + RECORD_REGISTERS + registers++, generalField(operand.index, operand.size));
      } else if (operand.kind === 'xmm' || operand.kind === 'mmx' || operand.kind === 'x87') {
        view.setUint8(record + RECORD_REGISTERS + registers++, REGISTER_BYTES * operand.index);
      } else if (operand.kind === 'segment') {
        view.setUint8(record + RECORD_REGISTERS + registers++, SEGMENT_BYTES * operand.index);
      } else if (operand.kind === 'immediate') {
        view.setInt32(record + RECORD_IMMEDIATE + 4 * immediates++, operand.value, true);
      } else if (operand.kind === 'relative') {
        view.setInt32(record + RECORD_IMMEDIATE, (nextOffset + operand.value) | 0, true);
      }
    }
    const { address, addressSize, dataSegment } = decoded;
    view.setUint16(record + RECORD_SEGMENT, segmentField(address?.segment ?? dataSegment), true);
    if (!address) return;
    view.setUint8(record + RECORD_BASE, address.base < 0 ? ZERO : generalField(address.base, 32));
    view.setUint8(record + RECORD_INDEX, address.index < 0 ? ZERO : generalField(address.index, 32));
    view.setUint8(record + RECORD_SCALE, address.scale);
    view.setInt32(record + RECORD_DISPLACEMENT, address.displacement, true);
    view.setInt32(record + RECORD_ADDRESS_MASK, addressSize === 16 ? 0xffff : -1, true);
  }

  /** An entry to the instruction at `target`, that `arrivals` make hot. */
  entry(record: number, arrivals: number, target: number): void {
    this.#view.setInt32(record + ENTRY_COUNT, arrivals, true);
    this.#view.setInt32(record + ENTRY_INSTRUCTION, target, true);
  }

  /** The record of the instruction behind an entry. */
  instructionOf(entry: number): number {
    return this.#view.getInt32(entry + ENTRY_INSTRUCTION, true);
  }

  /** Arrivals that an entry still wants. */
  countOf(entry: number): number {
    return this.#view.getInt32(entry + ENTRY_COUNT, true);
  }

  link(record: number, target: number): void {
    this.#view.setInt32(record + RECORD_LINK, target, true);
  }

  setHandler(record: number, number: number): void {
    this.#view.setInt32(record + RECORD_HANDLER, number, true);
  }

  handlerOf(record: number): number {
    return this.#view.getInt32(record + RECORD_HANDLER, true);
  }

  nextOffsetOf(record: number): number {
    return this.#view.getUint16(record + RECORD_NEXT_OFFSET, true);
  }

  offsetOf(record: number): number {
    return this.#view.getUint16(record + RECORD_OFFSET, true);
  }
}
