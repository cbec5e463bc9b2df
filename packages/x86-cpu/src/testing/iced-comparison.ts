/** Decoder and disassembler against iced-x86: length, mnemonic and operands, in Intel and in AT&T syntax. */
import {
  Code,
  CpuidFeature,
  Decoder,
  DecoderOptions,
  Formatter,
  FormatterSyntax,
  Instruction,
} from 'iced-x86';
import type { DecodeFault } from '../decode/decode.js';
import { decode } from '../decode/decode.js';
import type { Decoded } from '../decode/decoded.js';
import { formatAtt } from '../disasm/att.js';
import { formatDecoded } from '../disasm/format.js';
import { ATT_DEPARTURES, type Departure, INTEL_DEPARTURES, UNCOVERED } from './iced-departures.js';
import { fillSamples } from './iced-samples.js';

const AT = 0x1000;
const BATCH = 4096;
const SAMPLE_BYTES = 16;
const REPORTED = 40;

/** Features that the rows cover: an instruction that needs no other may not be undefined here. */
const COVERED: ReadonlySet<CpuidFeature> = new Set([
  CpuidFeature.INTEL8086,
  CpuidFeature.INTEL186,
  CpuidFeature.INTEL286,
  CpuidFeature.INTEL386,
  CpuidFeature.INTEL486,
  CpuidFeature.CPUID,
  CpuidFeature.TSC,
  CpuidFeature.MSR,
  CpuidFeature.CX8,
  CpuidFeature.CMOV,
  CpuidFeature.PAUSE,
  CpuidFeature.FPU,
  CpuidFeature.FPU287,
  CpuidFeature.FPU387,
  CpuidFeature.MMX,
  CpuidFeature.SSE,
  CpuidFeature.SSE2,
  CpuidFeature.FXSR,
  CpuidFeature.CLFSH,
]);

interface Dialect {
  readonly formatter: Formatter;
  readonly format: typeof formatDecoded;
  readonly departures: readonly Departure[];
}

/** Compares samples, and counts how often each departure was needed. */
export class IcedComparison {
  /** Disagreements that no departure explains, the first of them; `count` has all. */
  readonly disagreements: string[] = [];
  disagreementCount = 0;
  samples = 0;
  instructions = 0;
  /** Times that each departure rewrote a text, or left an instruction undefined, by its reason. */
  readonly hits = new Map<string, number>();
  readonly rows = new Set<unknown>();
  readonly #dialects: readonly Dialect[] = [
    { formatter: createFormatter(FormatterSyntax.Nasm), format: formatDecoded, departures: INTEL_DEPARTURES },
    { formatter: createFormatter(FormatterSyntax.Gas), format: formatAtt, departures: ATT_DEPARTURES },
  ];
  readonly #theirs = new Instruction();

  constructor() {
    for (const { departures } of this.#dialects) for (const { why } of departures) this.hits.set(why, 0);
    for (const { why } of UNCOVERED) this.hits.set(why, 0);
  }

  /** Compares as many samples, in batches. */
  run(bits: 16 | 32, count: number, seed: number): void {
    for (let done = 0; done < count; done += BATCH) {
      const bytes = new Uint8Array(SAMPLE_BYTES * Math.min(BATCH, count - done));
      fillSamples(bytes, seed + done);
      const decoder = new Decoder(bits, bytes, DecoderOptions.MovTr | DecoderOptions.ForceReservedNop);
      try {
        for (let at = 0; at < bytes.length; at += SAMPLE_BYTES) {
          this.#compare(bytes.subarray(at, at + SAMPLE_BYTES), bits, at, decoder);
        }
      } finally {
        decoder.free();
      }
    }
  }

  /** Departures that no sample needed. */
  get unused(): string[] {
    return [...this.hits].filter(([, hits]) => hits === 0).map(([why]) => why);
  }

  free(): void {
    for (const { formatter } of this.#dialects) formatter.free();
    this.#theirs.free();
  }

  #compare(bytes: Uint8Array, bits: 16 | 32, at: number, decoder: Decoder): void {
    this.samples++;
    const ours = decode((offset) => bytes[offset] ?? 0, bits);
    const theirs = this.#theirs;
    decoder.position = at;
    decoder.ip = BigInt(AT);
    decoder.decodeOut(theirs);
    if (typeof ours === 'string') this.#compareUndefined(bytes, bits, ours);
    else if (theirs.code === Code.INVALID) this.#note(bytes, bits, `${ours.insn.text}: iced finds none`);
    else if (theirs.length !== ours.length) {
      this.#note(bytes, bits, `${ours.insn.text}: ${ours.length} bytes, iced ${theirs.length}`);
    } else this.#compareTexts(bytes, bits, ours);
  }

  #compareUndefined(bytes: Uint8Array, bits: 16 | 32, fault: DecodeFault): void {
    if (this.#theirs.code === Code.INVALID) return;
    const newer = [...this.#theirs.cpuidFeatures()].filter((feature) => !COVERED.has(feature));
    const names = newer.map((feature) => CpuidFeature[feature] ?? '');
    const listed = UNCOVERED.find(({ feature }) => names.some((name) => feature.test(name)));
    if (listed !== undefined) this.#hit(listed.why);
    else this.#note(bytes, bits, `${fault}, but iced has ${Code[this.#theirs.code]} ${names.join()}`);
  }

  #compareTexts(bytes: Uint8Array, bits: 16 | 32, decoded: Decoded): void {
    this.instructions++;
    this.rows.add(decoded.insn);
    for (const { formatter, format, departures } of this.#dialects) {
      const ours = format(decoded, AT, bits);
      const original = formatter.format(this.#theirs);
      let theirs = original;
      for (const { why, rewrite } of departures) {
        if (theirs === ours) break;
        const rewritten = rewrite(theirs, decoded, bits);
        if (rewritten !== theirs) this.#hit(why);
        theirs = rewritten;
      }
      if (theirs !== ours) this.#note(bytes, bits, `${ours} | ${original} | ${theirs}`);
    }
  }

  #hit(why: string): void {
    this.hits.set(why, (this.hits.get(why) ?? 0) + 1);
  }

  #note(bytes: Uint8Array, bits: 16 | 32, what: string): void {
    this.disagreementCount++;
    if (this.disagreements.length >= REPORTED) return;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    this.disagreements.push(`${bits}-bit ${hex}: ${what}`);
  }
}

function createFormatter(syntax: FormatterSyntax): Formatter {
  const formatter = new Formatter(syntax);
  formatter.hexPrefix = '0x';
  formatter.hexSuffix = '';
  formatter.uppercaseHex = false;
  formatter.spaceAfterOperandSeparator = syntax === FormatterSyntax.Nasm;
  formatter.branchLeadingZeros = false;
  formatter.showBranchSize = false;
  formatter.usePseudoOps = false;
  return formatter;
}
