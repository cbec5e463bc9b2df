/** The lines of a record: fields with spaces between them, each line with a checksum over all that stands up to there. */
import { crc32 } from '@kexec/loaders';
import { KexecError } from '@kexec/phys-mem';

/*
 * A line is `word field … #checksum` and a newline. The checksum is the CRC-32, in 8 digits, of the checksum of the line
 * before (nothing for the first) followed by the line's own characters before the `#`: no line can be left out, moved or
 * changed unnoticed, and what was cut off in the middle of a line leaves the lines before it as they are.
 */
const CHECKSUM = /^(.*) #([0-9a-f]{8})$/;

/** Writes lines. */
export class LineWriter {
  readonly #write: (line: string) => void;
  #checksum = '';

  /** @param write - gets each line with its newline */
  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** @param fields - without spaces, but for the last */
  line(...fields: readonly (string | number)[]): void {
    const text = fields.join(' ');
    this.#checksum = checksumOf(this.#checksum, text);
    this.#write(`${text} #${this.#checksum}\n`);
  }
}

/**
 * The lines of a record, without their checksums. What follows the last newline was being written when the run was
 * killed, and is left out.
 *
 * @throws KexecError `RECORD_CHECKSUM` with the line
 */
export function checkedLines(text: string): string[] {
  let before = '';
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, at) => {
      const [, content = line, checksum] = CHECKSUM.exec(line) ?? [];
      before = checksumOf(before, content);
      if (checksum !== before) {
        throw refuseRecord(
          'RECORD_CHECKSUM',
          `line ${at + 1} of the record is damaged: its checksum is ${checksum ?? 'missing'}, its content has ${before}`,
        );
      }
      return content;
    });
}

/** The error for a record that cannot be used. */
export function refuseRecord(code: string, message: string, remedy = 'Record the run again.'): KexecError {
  return new KexecError(code, message, { remedy });
}

function checksumOf(before: string, text: string): string {
  return crc32(new TextEncoder().encode(before + text))
    .toString(16)
    .padStart(8, '0');
}
