/** What a given file is, by the probes of `kexec`. */
import { probe, unpackImage } from '@kexec/loaders';
import { KexecError } from '@kexec/machine';
import type { FileSummary, GivenFile } from '../protocol.js';

/** A compressed initrd that does not unpack is no kernel, and no error. */
export function fileSummary({ bytes }: GivenFile): FileSummary {
  try {
    const { type, verdicts } = probe(unpackImage(bytes).image);
    return { ...(type === undefined ? {} : { type }), reasons: verdicts.map(({ reason }) => reason) };
  } catch (error) {
    if (!(error instanceof KexecError)) throw error;
    return { reasons: [error.message] };
  }
}
