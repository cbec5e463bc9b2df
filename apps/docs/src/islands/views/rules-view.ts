/** The rules of kexec_load as lights, and what the call returned. */
import { hex } from '../dom.js';
import { html, type Markup } from '../markup.js';
import type { RuleLight, SegmentsVerdict } from '../protocol.js';

export function rulesView({ rules, result, errno, ramPages, crashRange }: SegmentsVerdict): Markup {
  const first = rules.find(({ segment }) => segment >= 0);
  const isGood = result === 0;
  return html`
    <p class="kx-answer" data-good="${String(isGood)}">
      <code>kexec_load(…) = ${isGood ? '0' : `-${errno}`}</code>
      ${isGood ? 'The image is loaded.' : reason(first, errno)}
    </p>
    <ol class="kx-rules">${rules.map((light) => ruleView(light, light === first))}</ol>
    <p class="kx-note">The kernel has ${ramPages} pages of RAM.${
      crashRange
        ? html` crashkernel= has set aside ${hex(crashRange.start)}–${hex(crashRange.end - 1)}.`
        : undefined
    } The call stops at the first rule that is broken; the others are shown as they would stand.</p>`;
}

function reason(first: RuleLight | undefined, errno = ''): string {
  if (first) return `Segment ${first.segment} breaks the first rule that is lit.`;
  if (errno === 'EFAULT') return 'Every rule holds; the buffer of a segment is not mapped that far.';
  return 'Every rule holds; the kernel has not enough pages.';
}

function ruleView({ rule, errno, segment }: RuleLight, isFirst: boolean): Markup {
  const isBroken = segment >= 0;
  return html`<li class="kx-rule" data-broken="${String(isBroken)}"${isFirst ? html` data-first` : undefined}>
      <span class="kx-light" aria-hidden="true">${isBroken ? '✕' : '✓'}</span>
      <span>${rule}</span>
      <code>${isBroken ? `${errno}, segment ${segment}` : 'holds'}</code>
    </li>`;
}
