/** What a page and its worker say to each other: every message, typed. */

/** The kernels that the site carries, by the names that `kexec demo` takes. */
export const DEMOS = ['elf', 'bzimage'] as const;
export type DemoName = (typeof DEMOS)[number];

/** A file that the reader gave. It stays on their machine: the page hands it to its worker and to nobody else. */
export interface GivenFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** How the machine is made: the options of `kexec` by their names. */
export interface MachineSetup {
  readonly memory: string;
  /** A CPU model's name; the newest when left out. */
  readonly cpu?: string;
  readonly engine?: 'fixed' | 'historic';
  /** False for `--no-jit`. */
  readonly translator?: boolean;
}

/** What is loaded. */
export interface ImageRequest {
  readonly kernel: DemoName | GivenFile;
  /** A demo without one gets the demo's own. */
  readonly initrd?: GivenFile;
  readonly append: string;
}

/** An image and the machine that it is for. */
export interface Scene {
  readonly setup: MachineSetup;
  readonly image: ImageRequest;
}

/** Bytes from `start` up to, but not including, `end`. */
export interface NamedRange {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly kind: 'ram' | 'reserved' | 'kernel' | 'segment' | 'source' | 'control' | 'list';
}

/** What a load made. */
export interface LoadSummary {
  readonly type: string;
  readonly entry: number;
  readonly segments: readonly NamedRange[];
  readonly notes: readonly string[];
}

/** What kind of kernel a file is; `type` is missing when no probe knows it. */
export interface FileSummary {
  readonly type?: string;
  /** Each probe's reason. */
  readonly reasons: readonly string[];
}

/** Physical memory at one moment of a kexec. */
export interface MemoryStage {
  readonly name: string;
  readonly caption: string;
  readonly ranges: readonly NamedRange[];
}

/** A segment as `kexec_load` is given it, but for its buffer. */
export interface SegmentRow {
  readonly mem: number;
  readonly memsz: number;
  readonly bufsz: number;
}

export interface SegmentsRequest {
  readonly memory: string;
  readonly segments: readonly SegmentRow[];
  /** A crash image: what crashkernel= says. */
  readonly crashkernel?: string;
}

/** How one of the kernel's rules stands. */
export interface RuleLight {
  readonly rule: string;
  readonly errno: string;
  /** Index of the segment that breaks it; -1 when it holds. */
  readonly segment: number;
}

export interface SegmentsVerdict {
  readonly rules: readonly RuleLight[];
  /** What the call in ring 3 returned: 0 or a negative errno. */
  readonly result: number;
  /** `EINVAL`; missing for 0. */
  readonly errno?: string;
  /** The rule that the kernel named; missing where it has none to name. */
  readonly rule?: string;
  readonly ramPages: number;
  readonly crashRange?: { readonly start: number; readonly end: number };
}

/** A kimage as it stands in memory. */
export interface PageListView {
  /** Physical address of each word (0 for `image.head`) and the word, in the order of the walk. */
  readonly words: Uint32Array<ArrayBuffer>;
  readonly segments: readonly NamedRange[];
  readonly controlCodePage: number;
  readonly copies: number;
  /** Pages whose source is their destination. */
  readonly inPlace: number;
}

/** A line of the relocation stub's source; `offset` in the control page where it gives code. */
export interface StubLine {
  readonly text: string;
  readonly offset?: number;
}

export type RelocationPlace = 'machine_kexec' | 'relocate_new_kernel' | 'new kernel';

/** The machine between two instructions of the jump. */
export interface RelocationView {
  /** Instructions since the jump began. */
  readonly step: number;
  readonly place: RelocationPlace;
  readonly registers: readonly (readonly [name: string, value: number])[];
  /** The next instructions, from the one at EIP on. */
  readonly code: readonly { readonly at: number; readonly hex: string; readonly text: string }[];
  /** Offset of EIP in the control page, when the stub is executed. */
  readonly offset?: number;
  /** The copy that is under way or was made last. */
  readonly copy?: {
    readonly index: number;
    readonly source: number;
    readonly destination: number;
    /** Bytes moved so far. */
    readonly bytes: number;
  };
  readonly copies: number;
}

/** Opens the stepper: what does not change from step to step comes with the first view. */
export interface RelocationStart {
  readonly stub: readonly StubLine[];
  readonly controlCodePage: number;
  readonly view: RelocationView;
}

/** Where the stepper goes: to a count of steps, to the next or last page's copy, or to the new kernel. */
export type RelocationMove =
  | { readonly to: 'step'; readonly step: number }
  | { readonly to: 'next-page' | 'previous-page' | 'end' };

/** A field of boot_params. */
export interface BootField {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
  readonly value: string;
  readonly group: 'boot_params' | 'setup_header' | 'e820_table';
}

export interface BootParamsView {
  readonly paddr: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly fields: readonly BootField[];
}

/** What a page can ask of its worker, by name. */
export interface Calls {
  inspect(file: GivenFile): FileSummary;
  /** Makes a machine; one that there was is gone. */
  create(setup: MachineSetup): void;
  load(image: ImageRequest): LoadSummary;
  /** Leaves the running kernel, and lets the machine run. */
  exec(): void;
  pause(): void;
  resume(): void;
  /** Bytes typed on ttyS0. */
  type(bytes: Uint8Array<ArrayBuffer>): void;
  traceHash(): string;
  memoryStages(scene: Scene): readonly MemoryStage[];
  checkSegments(request: SegmentsRequest): SegmentsVerdict;
  pageList(scene: Scene): PageListView;
  openRelocation(scene: Scene): RelocationStart;
  moveRelocation(move: RelocationMove): RelocationView;
  bootParams(scene: Scene): BootParamsView;
}

export type Verb = keyof Calls;
export type Argument<V extends Verb> = Parameters<Calls[V]>[0];
export type Result<V extends Verb> = ReturnType<Calls[V]>;

/** From the page. */
export interface Order {
  readonly id: number;
  readonly verb: Verb;
  readonly argument: unknown;
}

/** An error as KexecError has it; `code` is INTERNAL for any other. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
}

/** Where the live machine is. */
export type Phase = 'running kernel' | 'loaded' | 'purgatory' | 'new kernel' | 'stopped';

/** The live machine's figures, ten times a second at most. */
export interface Status {
  readonly phase: Phase;
  readonly isRunning: boolean;
  readonly instructions: number;
  /** Millions of instructions in a second of work, over the last figures' time. */
  readonly mips: number;
  /** The machine's own clock, in seconds. */
  readonly seconds: number;
  /** For how long, in milliseconds, the worker did not look at its messages: at worst, and how often above 16 ms. */
  readonly longestSlice: number;
  readonly slices: number;
  readonly lateSlices: number;
  /** Why it stopped, in words. */
  readonly stop?: string;
}

/** From the worker. */
export type Report =
  | { readonly kind: 'answer'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly refusal: Refusal }
  | { readonly kind: 'serial'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'status'; readonly status: Status };
