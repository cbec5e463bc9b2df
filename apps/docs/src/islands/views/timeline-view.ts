/** The memory map's five moments, one bar under another, and what each range of the chosen one is. */
import { hex, sizeText } from '../dom.js';
import { html, type Markup } from '../markup.js';
import type { MemoryStage, NamedRange } from '../protocol.js';
import { memoryScale, type Scale } from './memory-scale.js';

const KINDS: Readonly<Record<NamedRange['kind'], string>> = {
  ram: 'free RAM',
  reserved: 'reserved',
  kernel: 'running kernel',
  segment: 'segment in its place',
  source: 'segment’s pages, as loaded',
  control: 'the jump’s own pages',
  list: 'page list',
};
/** More rows than a reader reads. */
const ROWS_MAX = 60;

const percent = (part: number) => `${(part * 100).toFixed(3)}%`;
const rangeText = ({ start, end }: NamedRange) => `${hex(start)}–${hex(end - 1)}`;

/** @param current - the stage whose ranges are listed */
export function timelineView(stages: readonly MemoryStage[], current: number): Markup {
  const scale = memoryScale(stages.flatMap(({ ranges }) => ranges.flatMap(({ start, end }) => [start, end])));
  return html`
    <ol class="kx-stages">${stages.map((stage, index) => stageView(stage, index, current, scale))}</ol>
    <ul class="kx-legend">${Object.entries(KINDS).map(
      ([kind, text]) => html`<li><span class="kx-swatch kx-${kind}"></span>${text}</li>`,
    )}</ul>
    ${stages.map((stage, index) => panelView(stage, index, current))}`;
}

function stageView({ name, ranges }: MemoryStage, index: number, current: number, scale: Scale): Markup {
  const isCurrent = index === current;
  const label = `${name}: ${ranges.length} ranges, listed below`;
  return html`<li><button type="button" class="kx-stage" data-stage="${index}" aria-pressed="${String(isCurrent)}">
      <span class="kx-stage-name">${index + 1}. ${name}</span>
      <span class="kx-bars" role="img" aria-label="${label}">${ranges.map((range) => barView(range, scale))}</span>
    </button></li>`;
}

function barView(range: NamedRange, scale: Scale): Markup {
  const left = scale(range.start);
  const style = `left:${percent(left)};width:${percent(scale(range.end) - left)}`;
  return html`<span class="kx-piece kx-${range.kind}" style="${style}" title="${range.name} ${rangeText(range)}"></span>`;
}

function panelView({ name, caption, ranges }: MemoryStage, index: number, current: number): Markup {
  const rows = [...ranges].sort((a, b) => a.start - b.start || b.end - a.end);
  const more = rows.length - ROWS_MAX;
  return html`<div class="kx-panel" data-panel="${index}"${index === current ? undefined : html` hidden`}>
      <p><strong>${name}.</strong> ${caption}</p>
      <div class="kx-scroll" tabindex="0" role="region" aria-label="Ranges: ${name}"><table>
        <thead><tr><th>From – to</th><th>Size</th><th>What</th></tr></thead>
        <tbody>${rows.slice(0, ROWS_MAX).map(
          (
            range,
          ) => html`<tr><td><code>${rangeText(range)}</code></td><td>${sizeText(range.end - range.start)}</td>
            <td><span class="kx-swatch kx-${range.kind}"></span>${range.name}</td></tr>`,
        )}</tbody>
      </table>${more > 0 ? html`<p class="kx-note">and ${more} more</p>` : undefined}</div>
    </div>`;
}
