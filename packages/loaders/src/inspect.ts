/** inspectImage: everything that a file says of itself, by the names of its format, without loading it. */
import { hasSetupHeader, readBzImage } from './bzimage/read-bzimage.js';
import { protocolText, SETUP_HEADER } from './bzimage/setup-header.js';
import type { Codec } from './decompress/decompress.js';
import { ELF_HEADER, ELF_IDENT, isElf } from './elf/elf-header.js';
import { readElf } from './elf/read-elf.js';
import { LoaderError } from './loader-error.js';
import { type ImageType, probe } from './probe.js';
import { identify } from './signature.js';
import { bzImagePayload, unpackImage } from './unpack.js';

/** One line of a report. */
export interface InspectedField {
  /** `header.version`, `elf.e_entry`, `segment.0.p_paddr`. */
  readonly name: string;
  /** 64-bit values are bigint. */
  readonly value: string | number | bigint;
  /** Where it lies in the file, decompressed. */
  readonly offset?: number;
  /** Values that people read as numbers of bytes or of things, not as bits. */
  readonly decimal?: boolean;
}

/** What there is to say about a file. */
export interface ImageReport {
  /** The first type whose probe says yes. */
  readonly type: ImageType | undefined;
  /** In the order in which kexec(8) asks. */
  readonly probes: readonly { readonly type: ImageType; readonly verdict: string; readonly reason: string }[];
  readonly fields: readonly InspectedField[];
  /** Sentences. */
  readonly notes: readonly string[];
}

/**
 * Looks at a file. A damaged one has a report too: its probes say why it cannot be loaded.
 *
 * @throws LoaderError when a compressed file does not unpack
 */
export function inspectImage(file: Uint8Array): ImageReport {
  const { image, codec } = unpackImage(file);
  const { type, verdicts } = probe(image);
  const fields: InspectedField[] = [
    { name: 'type', value: type ?? identify(image)?.name ?? 'unknown' },
    { name: 'bytes', value: file.length, decimal: true },
    ...compressed(codec, image),
  ];
  const notes: string[] = [];
  const add = (look: (image: Uint8Array) => InspectedField[]) => {
    try {
      fields.push(...look(image));
    } catch (error) {
      if (!(error instanceof LoaderError)) throw error;
      notes.push(`${error.message} [${error.code}]`);
    }
  };
  if (hasSetupHeader(image)) add(bzImageFields);
  if (isElf(image)) add(elfFields);
  if (!type && notes.length === 0)
    notes.push(`the file is ${identify(image)?.is ?? 'no kernel that is known'}`);
  return {
    type,
    probes: verdicts.map(({ type: asked, verdict, reason }) => ({ type: asked, verdict, reason })),
    fields,
    notes,
  };
}

function compressed(codec: Codec | undefined, image: Uint8Array): InspectedField[] {
  if (!codec) return [];
  return [
    { name: 'compression', value: codec },
    { name: 'decompressedBytes', value: image.length, decimal: true },
  ];
}

function bzImageFields(image: Uint8Array): InspectedField[] {
  const { header, kernelVersion, setup, protectedMode } = readBzImage(image);
  const rows = Object.entries(SETUP_HEADER).flatMap(([name, { offset }]): InspectedField[] => {
    const value = header[name as keyof typeof SETUP_HEADER];
    return value === undefined ? [] : [{ name: `header.${name}`, value, offset }];
  });
  const payload = bzImagePayload(image);
  return [
    { name: 'protocol', value: protocolText(header.version) },
    ...(kernelVersion === undefined ? [] : [{ name: 'kernelVersion', value: kernelVersion }]),
    { name: 'setupBytes', value: setup.length, decimal: true },
    { name: 'kernelBytes', value: protectedMode.length, decimal: true },
    ...(payload
      ? [
          { name: 'payload.codec', value: payload.codec ?? 'unknown' },
          { name: 'payload.offset', value: payload.offset },
          { name: 'payload.length', value: payload.length, decimal: true },
        ]
      : []),
    ...rows,
  ];
}

function elfFields(image: Uint8Array): InspectedField[] {
  const { header, programHeaders } = readElf(image);
  const table = { ...ELF_IDENT, ...ELF_HEADER };
  const rows = Object.entries(table).map(([name, { offset }]) => ({
    name: `elf.${name}`,
    value: header[name as keyof typeof table],
    offset,
  }));
  const segments = programHeaders.flatMap((row, index) =>
    Object.entries(row).map(([name, value]) => ({ name: `segment.${index}.${name}`, value })),
  );
  return [...rows, ...segments];
}
