/** Probes: what type of kernel a file is, with each probe's verdict and its reason. */
import { hexAddress } from './address-text.js';
import { isBeoboot, readBeoboot } from './beoboot/load-beoboot.js';
import { hasSetupHeader, readBzImage } from './bzimage/read-bzimage.js';
import { protocolText } from './bzimage/setup-header.js';
import { ET_DYN, isElf, machineName } from './elf/elf-header.js';
import { isLoaded } from './elf/program-header.js';
import { readElf } from './elf/read-elf.js';
import { LoaderError } from './loader-error.js';
import { findMultibootHeader, readMultibootHeader } from './multiboot/multiboot-header.js';
import { findMultiboot2Header, MULTIBOOT2_TAG, readMultiboot2Header } from './multiboot/multiboot2-header.js';
import { isNbi, readNbiHeader } from './nbi/nbi-header.js';
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
  /** `yes`: it is this type; `damaged`: it has its magic, but cannot be loaded; `no`. */
  readonly verdict: 'yes' | 'damaged' | 'no';
  readonly reason: string;
  /** Why it cannot be loaded, for `damaged`. */
  readonly error: LoaderError | undefined;
}

/** All verdicts on a file. */
export interface ProbeReport {
  /** The first type with verdict `yes`. */
  readonly type: ImageType | undefined;
  /** In the order of {@link IMAGE_TYPES}. */
  readonly verdicts: readonly ProbeVerdict[];
}

interface Probe {
  /** Says what the file is, undefined when it has not this type's magic; throws LoaderError when it is damaged. */
  readonly look: (image: Uint8Array) => string | undefined;
  readonly otherwise: string;
}

const PROBES: Readonly<Record<ImageType, Probe>> = {
  'multiboot-x86': {
    look: lookMultiboot,
    otherwise: 'no multiboot header in the first 8192 bytes',
  },
  'multiboot2-x86': {
    look: lookMultiboot2,
    otherwise: 'no multiboot2 header in the first 32768 bytes',
  },
  'elf-x86': {
    look: lookElf,
    otherwise: 'no \\x7fELF at offset 0',
  },
  bzImage: {
    look: lookBzImage,
    otherwise: 'no "HdrS" at offset 0x202',
  },
  'beoboot-x86': {
    look: lookBeoboot,
    otherwise: 'no "BeoB" at offset 0',
  },
  'nbi-x86': {
    look: lookNbi,
    otherwise: 'no network boot image magic at offset 0',
  },
};

/** Asks every probe about a file; never throws. */
export function probe(image: Uint8Array): ProbeReport {
  const verdicts = IMAGE_TYPES.map((type) => ask(type, image));
  return { type: verdicts.find(({ verdict }) => verdict === 'yes')?.type, verdicts };
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
  if (type !== undefined) return requireKnown(type);
  const report = probe(image);
  if (report.type) return report.type;
  const damaged = report.verdicts.find(({ error }) => error)?.error;
  throw damaged ?? unknownType(image, report);
}

function ask(type: ImageType, image: Uint8Array): ProbeVerdict {
  const { look, otherwise } = PROBES[type];
  try {
    const found = look(image);
    return { type, verdict: found ? 'yes' : 'no', reason: found ?? otherwise, error: undefined };
  } catch (error) {
    if (!(error instanceof LoaderError)) throw error;
    return { type, verdict: 'damaged', reason: error.message, error };
  }
}

function requireKnown(type: string): ImageType {
  const known = IMAGE_TYPES.find((name) => name === type);
  if (known) return known;
  throw new LoaderError('UNSUPPORTED_TYPE', `there is no image type ${type}`, {
    details: { rule: 'type', found: type, limit: IMAGE_TYPES },
    remedy: `name one of ${IMAGE_TYPES.join(', ')}`,
  });
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
  const kind = header.e_type === ET_DYN ? 'ELF code for any address,' : 'static ELF executable';
  return `${kind} for ${machineName(header.e_machine)}, ${loads} PT_LOAD, entry ${hexAddress(header.e_entry)}`;
}

function lookBzImage(image: Uint8Array): string | undefined {
  if (!hasSetupHeader(image)) return undefined;
  const { header, kernelVersion } = readBzImage(image);
  return `boot protocol ${protocolText(header.version)}${kernelVersion === undefined ? '' : `, ${kernelVersion}`}`;
}

function lookMultiboot(image: Uint8Array): string | undefined {
  if (findMultibootHeader(image) === undefined) return undefined;
  const { offset, address } = readMultibootHeader(image);
  if (!address) readElf(image);
  return `multiboot header at offset ${hexAddress(offset)}, ${address ? 'address fields' : 'ELF'}`;
}

function lookMultiboot2(image: Uint8Array): string | undefined {
  if (findMultiboot2Header(image) === undefined) return undefined;
  const { offset, tags } = readMultiboot2Header(image);
  const hasAddress = tags.some(({ type }) => type === MULTIBOOT2_TAG.ADDRESS);
  if (!hasAddress) readElf(image);
  return `multiboot2 header at offset ${hexAddress(offset)}, ${tags.length} tags`;
}

function lookBeoboot(image: Uint8Array): string | undefined {
  if (!isBeoboot(image)) return undefined;
  const { initrd } = readBeoboot(image);
  return `a bzImage with its command line${initrd ? ' and its initrd' : ''}`;
}

function lookNbi(image: Uint8Array): string | undefined {
  if (!isNbi(image)) return undefined;
  const { entry, segments } = readNbiHeader(image);
  return `${segments.length} segments, ${entry.bits}-bit entry`;
}
