/** A physical map as a picture: one file, which needs no other and looks right on light and on dark. */
import { rangeBytes } from '@kexec/phys-mem';
import { bytesText, mapScales, mapSigns, rangeText } from './map-bars.js';
import type { MapKind, MapRegion, PhysicalMap } from './physical-map.js';

/* All lengths are pixels; a character of the font is CHARACTER wide at most. */
const WIDTH = 960;
const MARGIN = 24;
const LABEL_WIDTH = 72;
const BAR_HEIGHT = 36;
const LINE = 20;
const CHARACTER = 8;
/** Whatever is smaller could not be seen. */
const MIN_WIDTH = 1.5;
const BAR_WIDTH = WIDTH - 2 * MARGIN - LABEL_WIDTH;

/** Fill by kind, on light and on dark; they differ in lightness, too. */
const FILLS: Readonly<Record<MapKind, readonly [light: string, dark: string]>> = {
  reserved: ['#9a9a9a', '#5a5a5a'],
  kernel: ['#2b6cb0', '#63a4e8'],
  crash: ['#d8b4fe', '#6b21a8'],
  source: ['#f6ad55', '#dd8b2a'],
  control: ['#c53030', '#fc8181'],
  segment: ['#68d391', '#2f9e62'],
  ram: ['#f0f0f0', '#2c2c2c'],
};

/** The map as SVG. */
export function mapSvg(map: PhysicalMap): string {
  const signOf = mapSigns(map);
  const sides = [
    { label: 'before', regions: map.before },
    ...(map.after ? [{ label: 'after', regions: map.after }] : []),
  ];
  const page = new Page();
  page.line('Physical memory around the jump', 'title');
  for (const { title, range } of mapScales(map)) {
    page.gap();
    page.line(`${title}, ${bytesText(rangeBytes(range))}`, 'heading');
    for (const { label, regions } of sides) page.bar(label, regions, range, signOf);
    page.axis(rangeBytes(range));
  }
  for (const { label, regions } of sides) {
    page.gap();
    page.line(label, 'heading');
    for (const region of regions) if (region.kind !== 'ram') page.entry(region, signOf(region));
  }
  return page.finish();
}

/** What is drawn so far, from above: nothing is ever put beside what a line has taken. */
class Page {
  readonly #parts: string[] = [];
  #y = MARGIN;

  gap(): void {
    this.#y += LINE / 2;
  }

  line(text: string, style: string): void {
    this.#text(MARGIN, this.#y + LINE * 0.75, text, style);
    this.#y += LINE;
  }

  bar(
    label: string,
    regions: readonly MapRegion[],
    range: { readonly start: number; readonly end: number },
    signOf: (region: MapRegion) => string,
  ): void {
    const left = MARGIN + LABEL_WIDTH;
    const scale = BAR_WIDTH / rangeBytes(range);
    this.#text(MARGIN, this.#y + BAR_HEIGHT * 0.65, label, 'name');
    // RAM first: what is widened to be seen lies over it.
    const drawn = [...regions].sort((a, b) => Number(b.kind === 'ram') - Number(a.kind === 'ram'));
    const signs: { readonly x: number; readonly sign: string }[] = [];
    for (const region of drawn) {
      const start = Math.max(region.start, range.start);
      const end = Math.min(region.end, range.end);
      if (start >= end) continue;
      const x = left + (start - range.start) * scale;
      const width = Math.max((end - start) * scale, MIN_WIDTH);
      const title = `<title>${escaped(`${region.name}, ${rangeText(region)}`)}</title>`;
      this.#parts.push(
        `<rect class="${region.kind}" x="${x.toFixed(2)}" y="${this.#y}" width="${width.toFixed(2)}" height="${BAR_HEIGHT}">${title}</rect>`,
      );
      if (region.kind !== 'ram' && width >= 2 * CHARACTER)
        signs.push({ x: x + width / 2, sign: signOf(region) });
    }
    for (const { x, sign } of signs) this.#text(x, this.#y + BAR_HEIGHT * 0.65, sign, 'sign');
    this.#y += BAR_HEIGHT + 4;
  }

  axis(bytes: number): void {
    for (const quarter of [0, 1, 2, 3]) {
      const x = MARGIN + LABEL_WIDTH + (BAR_WIDTH * quarter) / 4;
      this.#text(x, this.#y + LINE * 0.6, bytesText((bytes * quarter) / 4), 'mark');
    }
    this.#y += LINE;
  }

  entry(region: MapRegion, sign: string): void {
    const size = bytesText(rangeBytes(region));
    this.#parts.push(
      `<rect class="${region.kind}" x="${MARGIN}" y="${this.#y + 3}" width="${LINE - 6}" height="${LINE - 6}"/>`,
    );
    this.#text(
      MARGIN + LINE,
      this.#y + LINE * 0.7,
      `${sign}  ${rangeText(region)}  ${size}  ${region.name}`,
      'name',
    );
    this.#y += LINE;
  }

  finish(): string {
    const height = this.#y + MARGIN;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Physical memory around the jump">`,
      `<style>${STYLE}</style>`,
      `<rect class="page" width="${WIDTH}" height="${height}"/>`,
      ...this.#parts,
      '</svg>\n',
    ].join('\n');
  }

  #text(x: number, y: number, text: string, style: string): void {
    this.#parts.push(
      `<text class="${style}" x="${x.toFixed(2)}" y="${y.toFixed(2)}">${escaped(text)}</text>`,
    );
  }
}

const rules = (side: 0 | 1) =>
  Object.entries(FILLS)
    .map(([kind, fills]) => `.${kind}{fill:${fills[side]}}`)
    .join('');

const STYLE = [
  'text{font:13px ui-monospace,monospace;white-space:pre;fill:#1a1a1a}.title{font-weight:bold}.heading{font-weight:bold}',
  '.sign{text-anchor:middle;font-weight:bold}.page{fill:#fff}',
  rules(0),
  `@media(prefers-color-scheme:dark){text{fill:#eee}.page{fill:#181818}${rules(1)}}`,
].join('');

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
