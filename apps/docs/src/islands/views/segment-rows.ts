/** The editor's rows: three numbers a segment, written in hexadecimal. */
import { html, type Markup } from '../markup.js';
import type { SegmentRow } from '../protocol.js';

export const FIELDS = ['mem', 'memsz', 'bufsz'] as const;

const hex = (value: number) => `0x${value.toString(16)}`;

export function segmentRowsView(segments: readonly SegmentRow[]): Markup {
  return html`${segments.map(
    (segment, index) => html`<tr>
      <th scope="row">${index}</th>
      ${FIELDS.map(
        (
          field,
        ) => html`<td><input type="text" data-field="${field}" data-row="${index}" value="${hex(segment[field])}"
          aria-label="${field} of segment ${index}" autocomplete="off" spellcheck="false" /></td>`,
      )}
      <td><button type="button" data-remove="${index}" aria-label="Remove segment ${index}">✕</button></td>
    </tr>`,
  )}`;
}

/** A uint32 from `0x1f` or `31`; undefined for anything else. */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return value > 0xffff_ffff ? undefined : value;
}
