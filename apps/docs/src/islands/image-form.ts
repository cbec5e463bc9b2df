/** The form that says what is booted, and on which machine: read, linked to, and filled by dropped files. */
import { DEMO_APPEND, imageWords, setupWords } from './command-line.js';
import { part } from './dom.js';
import type { State } from './permalink.js';
import {
  DEMOS,
  type DemoName,
  type GivenFile,
  type ImageRequest,
  type MachineSetup,
  type Scene,
} from './protocol.js';

/** The form's own words for "no demo". */
const FILE = 'file';

async function givenFile(file: File): Promise<GivenFile> {
  return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
}

/** The controls of `image-form.astro` within an island. */
export class ImageForm {
  readonly #kernel: HTMLSelectElement;
  readonly #append: HTMLInputElement;
  readonly #memory: HTMLSelectElement;
  readonly #cpu: HTMLSelectElement;
  readonly #engine: HTMLSelectElement;
  readonly #translator: HTMLInputElement;
  readonly #kernelFile: HTMLInputElement;
  readonly #initrdFile: HTMLInputElement;
  readonly #files: HTMLElement;
  readonly #isKernel: (file: GivenFile) => Promise<boolean>;
  readonly #onChange: () => void;
  #kernelGiven: GivenFile | undefined;
  #initrdGiven: GivenFile | undefined;
  /** Whether the reader has written a command line of their own. */
  #isAppendOwn = false;

  /**
   * @param isKernel - tells a kernel from an initrd among dropped files
   * @param onChange - the form says something else now
   */
  constructor(root: HTMLElement, isKernel: (file: GivenFile) => Promise<boolean>, onChange: () => void) {
    this.#kernel = part(root, 'kernel', HTMLSelectElement);
    this.#append = part(root, 'append', HTMLInputElement);
    this.#memory = part(root, 'memory', HTMLSelectElement);
    this.#cpu = part(root, 'cpu', HTMLSelectElement);
    this.#engine = part(root, 'engine', HTMLSelectElement);
    this.#translator = part(root, 'translator', HTMLInputElement);
    this.#kernelFile = part(root, 'kernel-file', HTMLInputElement);
    this.#initrdFile = part(root, 'initrd-file', HTMLInputElement);
    this.#files = part(root, 'files', HTMLElement);
    this.#isKernel = isKernel;
    this.#onChange = onChange;
    this.#listen(root);
  }

  #listen(root: HTMLElement): void {
    for (const control of [this.#memory, this.#cpu, this.#engine, this.#translator])
      control.addEventListener('change', () => this.#onChange());
    this.#append.addEventListener('input', () => {
      this.#isAppendOwn = true;
      this.#onChange();
    });
    this.#kernel.addEventListener('change', () => {
      if (this.#kernel.value === FILE && !this.#kernelGiven) this.#kernelFile.click();
      this.#changed();
    });
    this.#kernelFile.addEventListener('change', () => void this.#pick('kernel', this.#kernelFile.files));
    this.#initrdFile.addEventListener('change', () => void this.#pick('initrd', this.#initrdFile.files));
    root.addEventListener('dragover', (event) => {
      event.preventDefault();
      root.dataset.dragging = '';
    });
    root.addEventListener('dragleave', () => delete root.dataset.dragging);
    root.addEventListener('drop', (event) => {
      event.preventDefault();
      delete root.dataset.dragging;
      void this.takeFiles([...(event.dataTransfer?.files ?? [])]);
    });
  }

  /** Files without a word which is which: the kernel is the one that a probe knows. */
  async takeFiles(files: readonly File[]): Promise<void> {
    for (const file of files) {
      const given = await givenFile(file);
      if (await this.#isKernel(given)) this.#giveKernel(given);
      else this.#initrdGiven = given;
    }
    this.#changed();
  }

  async #pick(which: 'kernel' | 'initrd', files: FileList | null): Promise<void> {
    const [file] = files ?? [];
    if (!file) return;
    const given = await givenFile(file);
    if (which === 'kernel') this.#giveKernel(given);
    else this.#initrdGiven = given;
    this.#changed();
  }

  #giveKernel(file: GivenFile): void {
    this.#kernelGiven = file;
    this.#kernel.value = FILE;
  }

  #changed(): void {
    if (!this.#isAppendOwn) this.#append.value = this.#demo ? DEMO_APPEND : FILE_APPEND;
    const names = [
      this.#demo ? undefined : `kernel: ${this.#kernelGiven?.name ?? 'none picked yet'}`,
      this.#initrdGiven && `initrd: ${this.#initrdGiven.name}`,
    ];
    this.#files.textContent = names.filter((name) => name !== undefined).join(', ') || 'no files picked';
    this.#onChange();
  }

  get #demo(): DemoName | undefined {
    return DEMOS.find((name) => name === this.#kernel.value);
  }

  get setup(): MachineSetup {
    return {
      memory: this.#memory.value,
      ...(this.#cpu.value === '' ? {} : { cpu: this.#cpu.value }),
      engine: this.#engine.value === 'historic' ? 'historic' : 'fixed',
      translator: this.#translator.checked,
    };
  }

  /** @throws Error when a file is asked for and none is picked */
  get image(): ImageRequest {
    const kernel = this.#demo ?? this.#kernelGiven;
    if (!kernel) throw new Error('Pick a kernel file first, or drop one here.');
    return {
      kernel,
      ...(this.#initrdGiven ? { initrd: this.#initrdGiven } : {}),
      append: this.#append.value,
    };
  }

  /** @throws Error when a file is asked for and none is picked */
  get scene(): Scene {
    return { setup: this.setup, image: this.image };
  }

  /** Words of the command: what is booted, and on which machine. */
  get words(): string[] {
    const kernel = this.#demo ?? this.#kernelGiven ?? { name: 'vmlinuz', bytes: new Uint8Array() };
    const initrd = this.#initrdGiven;
    const image = { kernel, append: this.#append.value, ...(initrd ? { initrd } : {}) };
    return [...imageWords(image), ...setupWords(this.setup)];
  }

  get isDemo(): boolean {
    return this.#demo !== undefined;
  }

  /** Words of the command that tells how it is loaded: of a file, its plan. */
  get planWords(): string[] {
    return this.isDemo ? this.words : ['plan', ...this.words];
  }

  /** Files are not in it: nothing of theirs leaves the page. */
  get state(): State {
    const { memory, cpu, engine, translator } = this.setup;
    return {
      kernel: this.#kernel.value,
      append: this.#append.value,
      memory,
      cpu,
      engine: engine === 'fixed' ? undefined : engine,
      jit: translator ? undefined : 'no',
    };
  }

  apply({ kernel, append, memory, cpu, engine, jit }: State): void {
    choose(this.#kernel, kernel);
    choose(this.#memory, memory);
    choose(this.#cpu, cpu);
    choose(this.#engine, engine);
    this.#translator.checked = jit !== 'no';
    if (append !== undefined) {
      this.#append.value = append;
      this.#isAppendOwn = true;
    }
    this.#changed();
  }
}

const FILE_APPEND = 'console=ttyS0 earlyprintk=serial,ttyS0,115200';

/** An address can say anything: what the list does not have, is not chosen. */
function choose(select: HTMLSelectElement, value: string | undefined): void {
  if ([...select.options].some((option) => option.value === value)) select.value = value ?? '';
}
