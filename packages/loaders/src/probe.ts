/** Probes: what type of kernel a file is, with each probe's verdict and its reason. */
import { hexAddress } from './address-text.js';
import { hasSetupHeader, readBzImage } from './bzimage/read-bzimage.js';
import { protocolText } from './bzimage/setup-header.js';
import { isElf, machineName } from './elf/elf-header.js';
import { isLoaded } from './elf/program-header.js';
import { readElf } from './elf/read-elf.js';
import { readWord } from './field.js';
import { LoaderError } from './loader-error.js';
import { identify } from './signature.js';

/** The types of kexec(8) on i386, in the order in which they are probed. */
export const IMAGE_TYPES = [
  'multiboot-x86',
  'multiboot2-x86',
  'elf-x86',
  'bzImage',
  'beoboot-x86',
  'nbi-x86',
] as const;

/** A type by kexec(8)'s name for it. */
export type ImageType = (typeof IMAGE_TYPES)[number];

/** What one probe says of a file. */
export interface ProbeVerdict {
  readonly type: ImageType;
  /** False for a type that is known, but that nothing here loads. */
  readonly supported: boolean;
  /** `yes`: it is this type; `damaged`: it has its magic, but cannot be loaded; `no`. */
  readonly verdict: 'yes' | 'damaged' | 'no';
  readonly reason: string;
  /** Why it cannot be loaded, for `damaged`. */
  readonly error: LoaderError | undefined;
}

/** All verdicts on a file. */
export interface ProbeReport {
  /** The first type with verdict `yes`, supported or not. */
  readonly type: ImageType | undefined;
  /** In the order of {@link IMAGE_TYPES}. */
  readonly verdicts: readonly ProbeVerdict[];
}

interface Probe {
  readonly supported: boolean;
  /** Says what the file is, undefined when it has not this type's magic; throws LoaderError when it is damaged. */
  readonly look: (image: Uint8Array) => string | undefined;
  readonly otherwise: string;
}

const PROBES: Readonly<Record<ImageType, Probe>> = {
  'multiboot-x86': {
    supported: false,
    look: (image) => multibootHeader(image, 0x1bad_b002, 0x2000, 4, 3),
    otherwise: 'no multiboot header in the first 8192 bytes',
  },
  'multiboot2-x86': {
    supported: false,
    look: (image) => multibootHeader(image, 0xe852_50d6, 0x8000, 8, 4),
    otherwise: 'no multiboot2 header in the first 32768 bytes',
  },
  'elf-x86': {
    supported: true,
    look: lookElf,
    otherwise: 'no \\x7fELF at offset 0',
  },
  bzImage: {
    supported: true,
    look: lookBzImage,
    otherwise: 'no "HdrS" at offset 0x202',
  },
  'beoboot-x86': {
    supported: false,
    look: (image) => (readWord(image, 0, 4) === 0x426f_6542 ? '"BeoB" at offset 0' : undefined),
    otherwise: 'no "BeoB" at offset 0',
  },
  'nbi-x86': {
    supported: false,
    look: (image) =>
      readWord(image, 0, 4) === 0x1b03_1336 ? 'network boot image magic at offset 0' : undefined,
    otherwise: 'no network boot image magic at offset 0',
  },
};

/** Asks every probe about a file; never throws. */
export function probe(image: Uint8Array): ProbeReport {
  const verdicts = IMAGE_TYPES.map((type) => ask(type, image));
  return { type: verdicts.find(({ verdict }) => verdict === 'yes')?.type, verdicts };
}

/** True for a type that {@link planLoad} can load. */
export function isSupported(type: ImageType): boolean {
  return PROBES[type].supported;
}

/**
 * Decides what a file is to be loaded as.
 *
 * @param type - kexec(8)'s `-t`; left out, the first probe that says yes decides
 * @throws LoaderError saying what the file is instead, and what to do
 */
export function chooseType(image: Uint8Array, type?: string): ImageType {
  if (image.length === 0) {
    throw new LoaderError('EMPTY_FILE', 'the file has 0 bytes', { remedy: 'fetch or build the file again' });
  }
  if (type !== undefined) return requireSupported(type);
  const report = probe(image);
  if (report.type) return requireSupported(report.type, report);
  const damaged = report.verdicts.find(({ error }) => error)?.error;
  throw damaged ?? unknownType(image, report);
}

function ask(type: ImageType, image: Uint8Array): ProbeVerdict {
  const { supported, look, otherwise } = PROBES[type];
  try {
    const found = look(image);
    return { type, supported, verdict: found ? 'yes' : 'no', reason: found ?? otherwise, error: undefined };
  } catch (error) {
    if (!(error instanceof LoaderError)) throw error;
    return { type, supported, verdict: 'damaged', reason: error.message, error };
  }
}

function requireSupported(type: string, report?: ProbeReport): ImageType {
  const known = IMAGE_TYPES.find((name) => name === type);
  if (known && isSupported(known)) return known;
  const alsoElf = report?.verdicts.some((verdict) => verdict.type === 'elf-x86' && verdict.verdict === 'yes');
  throw new LoaderError(
    'UNSUPPORTED_TYPE',
    known ? `${type} images are known, but not supported` : `there is no image type ${type}`,
    {
      details: {
        rule: 'type',
        found: type,
        limit: IMAGE_TYPES.filter(isSupported),
        verdicts: report?.verdicts,
      },
      remedy: alsoElf
        ? 'name the type elf-x86 to start it as a plain ELF executable, without multiboot information'
        : `load one of ${IMAGE_TYPES.filter(isSupported).join(', ')}`,
    },
  );
}

function unknownType(image: Uint8Array, report: ProbeReport): LoaderError {
  const kind = identify(image);
  const details = { rule: 'probe', found: kind?.name, verdicts: report.verdicts };
  if (kind?.compression) {
    return new LoaderError('COMPRESSED', `the file is ${kind.is}`, { details, remedy: kind.remedy });
  }
  const reasons = report.verdicts.map(({ type, reason }) => `${type}: ${reason}`).join('; ');
  return new LoaderError(
    'UNKNOWN_TYPE',
    `the file is ${kind?.is ?? 'no kernel that is known'} (${reasons})`,
    {
      details,
      remedy: kind?.remedy ?? 'name a bzImage or a static i386 ELF executable',
    },
  );
}

function lookElf(image: Uint8Array): string | undefined {
  if (!isElf(image)) return undefined;
  const { header, programHeaders } = readElf(image);
  const loads = programHeaders.filter(isLoaded).length;
  return `static ELF executable for ${machineName(header.e_machine)}, ${loads} PT_LOAD, entry ${hexAddress(header.e_entry)}`;
}

function lookBzImage(image: Uint8Array): string | undefined {
  if (!hasSetupHeader(image)) return undefined;
  const { header, kernelVersion } = readBzImage(image);
  return `boot protocol ${protocolText(header.version)}${kernelVersion === undefined ? '' : `, ${kernelVersion}`}`;
}

// Multiboot Specification, "The layout of Multiboot header": magic, other words and a checksum sum to zero.
// The checksum is word 3 of 3 (magic, flags, checksum) or word 4 of 4 (magic, architecture, length, checksum).
function multibootHeader(
  image: Uint8Array,
  magic: number,
  within: number,
  align: number,
  words: number,
): string | undefined {
  const end = Math.min(image.length, within) - words * 4;
  for (let offset = 0; offset <= end; offset += align) {
    if (readWord(image, offset, 4) !== magic) continue;
    let sum = 0;
    for (let word = 0; word < words; word++) sum += readWord(image, offset + word * 4, 4);
    if (sum % 2 ** 32 === 0) return `multiboot header at offset ${hexAddress(offset)}`;
  }
  return undefined;
}
