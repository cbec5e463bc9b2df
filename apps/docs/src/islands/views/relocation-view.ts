/** The machine between two instructions of the jump: stub, registers, code, and the page under way. */
import { hex } from '../dom.js';
import { html, type Markup } from '../markup.js';
import type { RelocationStart, RelocationView, StubLine } from '../protocol.js';

const PAGE_BYTES = 4096;
const PLACES: Readonly<Record<RelocationView['place'], string>> = {
  machine_kexec: 'machine_kexec: the running kernel’s last instructions',
  relocate_new_kernel: 'relocate_new_kernel: the stub, in its own page',
  'new kernel': 'the image’s first instruction: the jump is made',
};

/** The stub's source, with a line for the instruction to be executed. */
export function stubView({ stub, controlCodePage }: RelocationStart): Markup {
  return html`<pre class="kx-stub">${stub.map((line) => lineView(line, controlCodePage))}</pre>`;
}

function lineView({ text, offset }: StubLine, base: number): Markup {
  const [code = '', ...rest] = text.split(';');
  const comment = rest.length > 0 ? html`<span class="kx-comment">;${rest.join(';')}</span>` : undefined;
  const address = offset === undefined ? '        ' : (base + offset).toString(16).padStart(8, '0');
  const marks = offset === undefined ? undefined : html` data-offset="${offset}"`;
  return html`<span class="kx-line"${marks}><span class="kx-offset">${address}</span> ${code}${comment}</span>`;
}

/** @param before - registers of the view before this one, whose changes are marked */
export function relocationView(view: RelocationView, before?: RelocationView): Markup {
  const old = new Map(before?.registers ?? view.registers);
  return html`
    <p class="kx-place"><strong>Step ${view.step}.</strong> ${PLACES[view.place]}.</p>
    ${copyView(view)}
    <div class="kx-columns">
      <dl class="kx-registers">${view.registers.map(([name, value]) => {
        const mark = old.get(name) === value ? undefined : html` data-changed`;
        return html`<div${mark}><dt>${name}</dt><dd>${hexDigits(name, value)}</dd></div>`;
      })}</dl>
      <pre class="kx-code" tabindex="0" role="region" aria-label="Next instructions">${view.code.map(
        ({ at, hex: bytes, text }) =>
          html`<span class="kx-line"><span class="kx-offset">${at.toString(16).padStart(8, '0')}</span> <span class="kx-free">${bytes.padEnd(21)}</span> ${text}</span>`,
      )}</pre>
    </div>`;
}

const hexDigits = (name: string, value: number) =>
  value.toString(16).padStart(/^[cds]s$|limit$/.test(name) ? 4 : 8, '0');

function copyView({ copy, copies, place }: RelocationView): Markup {
  if (!copy) {
    const text = place === 'new kernel' ? `All ${copies} pages are in place.` : `${copies} pages to copy.`;
    return html`<div class="kx-copy"><p>${text}</p><progress max="1" value="${place === 'new kernel' ? 1 : 0}" aria-label="Bytes of this page"></progress></div>`;
  }
  const { index, source, destination, bytes } = copy;
  const same = source === destination ? ' (in place already)' : '';
  return html`<div class="kx-copy">
    <p>Page ${index + 1} of ${copies}: <code>${hex(source)}</code> → <code>${hex(destination)}</code>${same}, ${bytes} of ${PAGE_BYTES} bytes</p>
    <progress max="${PAGE_BYTES}" value="${bytes}" aria-label="Bytes of this page"></progress></div>`;
}
