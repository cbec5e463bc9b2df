/** boot_params in hexadecimal, and its fields by name. */
import { hex } from '../dom.js';
import { html, type Markup } from '../markup.js';
import type { BootField, BootParamsView } from '../protocol.js';

const ROW_BYTES = 16;

const byteText = (byte: number) => byte.toString(16).padStart(2, '0');
const isPrintable = (byte: number) => byte >= 0x20 && byte < 0x7f;

/** @param current - name of the field that is marked */
export function bootParamsView({ paddr, bytes, fields }: BootParamsView, current: string): Markup {
  const owners = ownersOf(bytes.length, fields);
  const rows = Array.from({ length: bytes.length / ROW_BYTES }, (_, row) => row * ROW_BYTES);
  const isEmpty = (at: number) => bytes.subarray(at, at + ROW_BYTES).every((byte) => byte === 0);
  const shown = rows.filter((at) => !isEmpty(at) || owners.slice(at, at + ROW_BYTES).some((owner) => owner));
  return html`
    <p>struct boot_params at ${hex(paddr)}. Rows of zeroes that no field has are left out.</p>
    <div class="kx-columns">
      <div class="kx-scroll kx-hex" tabindex="0" role="region" aria-label="Bytes of boot_params"><pre>${shown.map(
        (at, nth) =>
          html`${nth > 0 && shown[nth - 1] !== at - ROW_BYTES ? html`<span class="kx-gap">  ⋮\n</span>` : undefined}${rowView(at, bytes, owners, current)}`,
      )}</pre></div>
      <div class="kx-scroll" role="region" aria-label="Fields of boot_params"><table class="kx-fields">
        <thead><tr><th>Offset</th><th>Field</th><th>Value</th></tr></thead>
        <tbody>${fields.map((field) => fieldView(field, current))}</tbody>
      </table></div>
    </div>`;
}

/** The field that each byte belongs to. */
function ownersOf(length: number, fields: readonly BootField[]): (string | undefined)[] {
  const owners = new Array<string | undefined>(length).fill(undefined);
  for (const { name, offset, bytes } of fields) owners.fill(name, offset, offset + bytes);
  return owners;
}

function rowView(
  at: number,
  bytes: Uint8Array,
  owners: readonly (string | undefined)[],
  current: string,
): Markup {
  const row = Array.from(bytes.subarray(at, at + ROW_BYTES));
  const cells = row.map((byte, nth) => {
    const owner = owners[at + nth];
    const space = nth < ROW_BYTES - 1 ? ' ' : '';
    if (owner === undefined) return html`<span class="kx-free">${byteText(byte)}</span>${space}`;
    const mark = owner === current ? html` data-current` : undefined;
    const joined =
      owners[at + nth + 1] === owner && space !== '' ? html`${space}</span>` : html`</span>${space}`;
    return html`<span data-owner="${owner}"${mark} title="${owner}">${byteText(byte)}${joined}`;
  });
  const text = row.map((byte) => (isPrintable(byte) ? String.fromCharCode(byte) : '.')).join('');
  return html`<span class="kx-offset">${at.toString(16).padStart(3, '0')}</span>  ${cells}  <span class="kx-text">${text}</span>\n`;
}

function fieldView({ name, offset, value, group }: BootField, current: string): Markup {
  const isCurrent = name === current;
  return html`<tr data-group="${group}"${isCurrent ? html` data-current` : undefined} data-row="${name}">
    <td><code>${offset.toString(16).padStart(3, '0')}</code></td>
    <td><button type="button" class="kx-field-name" data-name="${name}" tabindex="${isCurrent ? 0 : -1}"
      aria-pressed="${String(isCurrent)}">${name}</button></td>
    <td><code>${value}</code></td></tr>`;
}
