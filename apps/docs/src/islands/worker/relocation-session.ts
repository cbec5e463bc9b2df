/** The jump, instruction by instruction and forward and back: a debugger holds the machine that executes the stub. */
import { IND_SOURCE, type Kimage, kimageEntries, pageCopies, RELOCATE_NEW_KERNEL } from '@kexec/kexec';
import type { LoadPlan } from '@kexec/loaders';
import { Debugger, KexecError, type Machine } from '@kexec/machine';
import { PAGE_SIZE } from '@kexec/phys-mem';
import { assemble, disassembleAll, registerBytes } from '@kexec/x86-cpu';
import type { RelocationMove, RelocationStart, RelocationView, Scene, StubLine } from '../protocol.js';
import { loadedImage } from './memory-stages.js';
import { loadedMachine } from './scene.js';

const REGISTERS = [
  ...(['eax', 'ebx', 'ecx', 'edx', 'esi', 'edi', 'ebp', 'esp', 'eip', 'eflags'] as const),
  ...(['cr0', 'cr3', 'cr4', 'cs', 'ds', 'ss', 'gdtr_base', 'gdtr_limit', 'idtr_base', 'idtr_limit'] as const),
];
const CODE_LINES = 6;
const MAX_INSN_BYTES = 15;
const CS = 1;
const SLICE_INSTRUCTIONS = 1_000_000;
const WORD_BYTES = 4;

const STUB = assemble(RELOCATE_NEW_KERNEL, { bits: 32 });
/** `mov ecx, 1024`: the page's source and destination are known, and nothing of it is copied. */
const COPY_OFFSET = offsetOf(/^mov\s+ecx, 1024/);
const MOVSD_OFFSET = offsetOf(/^rep movsd/);
const NEXT_WORD_OFFSET = STUB.labels.get('next_word') ?? 0;
/** After it, EBX points behind the word that ECX holds. */
const ADVANCED_OFFSET = offsetOf(/^add\s+ebx, 4/);

function offsetOf(pattern: RegExp): number {
  const line = STUB.listing.find(({ text }) => pattern.test(text.trim()));
  if (line) return line.address;
  throw new Error(`the stub has no line ${pattern}`);
}

/** One jump under a debugger, from `machine_kexec`'s first instruction to the new kernel's. */
export class RelocationSession {
  readonly #machine: Machine;
  readonly #plan: LoadPlan;
  readonly #kimage: Kimage;
  readonly #debugger: Debugger;
  readonly #first: number;
  /** Number of the copy that each word of the list stands for, by the word's address. */
  readonly #copyOfWord = new Map<number, number>();
  readonly #copies: readonly { readonly source: number; readonly destination: number }[];

  constructor(scene: Scene) {
    const { machine, plan } = loadedMachine(scene);
    this.#machine = machine;
    this.#plan = plan;
    this.#kimage = loadedImage(machine);
    const { mem, cpu } = machine.pc;
    this.#copies = [...pageCopies(mem, this.#kimage.head)];
    for (const { paddr, flag } of kimageEntries(mem, this.#kimage.head))
      if (flag & IND_SOURCE) this.#copyOfWord.set(paddr, this.#copyOfWord.size);
    machine.exec();
    this.#first = cpu.icount;
    this.#debugger = new Debugger(machine, { paused: true });
  }

  start(): RelocationStart {
    const offsets = new Map(STUB.listing.map(({ line, address }) => [line, address]));
    const lines = RELOCATE_NEW_KERNEL.split('\n').map((text, index): StubLine => {
      const offset = offsets.get(index + 1);
      return { text, ...(offset === undefined ? {} : { offset }) };
    });
    return {
      // The text begins and ends with an empty line.
      stub: lines.slice(1, -1),
      controlCodePage: this.#kimage.controlCodePage,
      view: this.#view(),
    };
  }

  move(move: RelocationMove): RelocationView {
    if (move.to === 'step') this.#goTo(Math.max(0, Math.floor(move.step)));
    else if (move.to === 'previous-page') this.#back();
    else if (!this.#hasArrived) this.#forward(move.to === 'end' ? [] : [COPY_OFFSET]);
    return this.#view();
  }

  get #step(): number {
    return this.#machine.pc.cpu.icount - this.#first;
  }

  get #eip(): number {
    const { cpu } = this.#machine.pc;
    return (cpu.getSegment(CS).base + cpu.eip) >>> 0;
  }

  get #hasArrived(): boolean {
    return this.#eip === this.#plan.entry;
  }

  #goTo(step: number): void {
    const away = step - this.#step;
    if (away < 0) {
      this.#debugger.setBreakpoints([]);
      this.#debugger.stepBack(-away);
    } else if (away > 0 && !this.#hasArrived) {
      this.#debugger.setBreakpoints([this.#plan.entry]);
      this.#debugger.step(away);
    }
    this.#finish();
  }

  #forward(offsets: readonly number[]): void {
    this.#breakAt(offsets);
    this.#debugger.resume();
    this.#finish();
  }

  #back(): void {
    this.#breakAt([COPY_OFFSET]);
    this.#debugger.resumeBack();
    this.#finish();
  }

  #breakAt(offsets: readonly number[]): void {
    const { controlCodePage } = this.#kimage;
    this.#debugger.setBreakpoints([this.#plan.entry, ...offsets.map((offset) => controlCodePage + offset)]);
  }

  #finish(): void {
    while (this.#debugger.isRunning) {
      const { kind } = this.#debugger.advance({ instructions: SLICE_INSTRUCTIONS });
      if (kind !== 'budget' && kind !== 'paused')
        throw new KexecError('JUMP_STOPPED', `the jump ended in ${kind}`);
    }
  }

  #view(): RelocationView {
    const { cpu } = this.#machine.pc;
    const offset = this.#eip - this.#kimage.controlCodePage;
    const isStub = offset >= 0 && offset < PAGE_SIZE;
    const copy = isStub ? this.#copy(offset) : undefined;
    return {
      step: this.#step,
      place: this.#hasArrived ? 'new kernel' : isStub ? 'relocate_new_kernel' : 'machine_kexec',
      registers: REGISTERS.map((name) => [name, wordOf(registerBytes(name)?.get(cpu))]),
      code: this.#code(),
      ...(isStub ? { offset } : {}),
      ...(copy ? { copy } : {}),
      copies: this.#copies.length,
    };
  }

  /** What EBX, ECX and EIP say of the copy: which word the stub is at, and how much of its page is moved. */
  #copy(offset: number): RelocationView['copy'] {
    const { ebx, ecx } = this.#machine.pc.cpu;
    const index = this.#copyOfWord.get((ebx - WORD_BYTES) >>> 0);
    const copy = index === undefined ? undefined : this.#copies[index];
    if (index === undefined || !copy) return undefined;
    const left = offset === MOVSD_OFFSET ? ecx * WORD_BYTES : PAGE_SIZE;
    const isDone = offset >= NEXT_WORD_OFFSET && offset <= ADVANCED_OFFSET;
    return { ...copy, index, bytes: isDone ? PAGE_SIZE : PAGE_SIZE - left };
  }

  #code(): RelocationView['code'] {
    const at = this.#eip;
    const bytes = this.#read(at, CODE_LINES * MAX_INSN_BYTES);
    return [...disassembleAll(bytes, { at })].slice(0, CODE_LINES).map((line) => ({
      at: line.at,
      text: line.text,
      hex: Array.from(line.bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' '),
    }));
  }

  /** As far as the page goes that the address lies in. */
  #read(laddr: number, count: number): Uint8Array {
    const { cpu, mem } = this.#machine.pc;
    const paddr = cpu.translate(laddr);
    if (paddr === undefined) return new Uint8Array(0);
    return mem.readBytes(paddr, Math.min(count, PAGE_SIZE - (paddr % PAGE_SIZE)));
  }
}

/** Little-endian, unsigned. */
function wordOf(bytes: Uint8Array = new Uint8Array(4)): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}
