/** <kexec-segments>: segments to edit, the kernel's rules over them, and its answer. */
import { element } from './dom.js';
import { show } from './markup.js';
import type { State } from './permalink.js';
import type { SegmentRow, SegmentsRequest } from './protocol.js';
import { SEGMENT_PRESETS } from './segment-presets.js';
import { segmentsElf } from './segments-elf.js';
import { Tool } from './tool.js';
import { rulesView } from './views/rules-view.js';
import { FIELDS, parseNumber, segmentRowsView } from './views/segment-rows.js';

const FILE_NAME = 'segments.elf';
const FILE_BYTES_MAX = 0x200_0000;
const NEW_SEGMENT: SegmentRow = { mem: 0x20_0000, memsz: 0x1000, bufsz: 0x1000 };

class SegmentEditor extends Tool {
  protected readonly name = 'segments';
  #segments: SegmentRow[] = [...(SEGMENT_PRESETS[0]?.segments ?? [])];
  /** Once the machine's code is here, each change is judged at once. */
  #isLive = false;

  protected setUp(): void {
    const rows = this.piece('rows', HTMLElement);
    rows.onchange = ({ target }) => {
      if (target instanceof HTMLInputElement) this.#edit(target);
    };
    rows.onclick = ({ target }) => {
      const button = target instanceof Element ? target.closest<HTMLElement>('[data-remove]') : null;
      if (button) this.#replace(this.#segments.filter((_, index) => index !== Number(button.dataset.remove)));
    };
    this.press('add', async () => this.#replace([...this.#segments, NEW_SEGMENT]));
    this.press('check', () => this.#check());
    this.press('save', async () => this.#save());
    const preset = this.piece('preset', HTMLSelectElement);
    preset.onchange = () => {
      const chosen = SEGMENT_PRESETS[Number(preset.value)];
      this.#crashkernel.value = chosen?.crashkernel ?? '';
      this.#replace(chosen?.segments ?? []);
    };
    this.piece('memory', HTMLSelectElement).onchange = () => this.#replace(this.#segments);
    this.#crashkernel.onchange = () => this.#replace(this.#segments);
  }

  get #crashkernel(): HTMLSelectElement {
    return this.piece('crashkernel', HTMLSelectElement);
  }

  get #request(): SegmentsRequest {
    const crashkernel = this.#crashkernel.value;
    const memory = this.piece('memory', HTMLSelectElement).value;
    return { memory, segments: this.#segments, ...(crashkernel === '' ? {} : { crashkernel }) };
  }

  #edit(input: HTMLInputElement): void {
    const value = parseNumber(input.value);
    const isNumber = value !== undefined;
    input.setAttribute('aria-invalid', String(!isNumber));
    if (!isNumber) return this.say('Write a number of 32 bits, such as 0x100000.', true);
    const row = Number(input.dataset.row);
    this.#segments = this.#segments.map((segment, index) =>
      index === row ? { ...segment, [input.dataset.field ?? '']: value } : segment,
    );
    this.#changed();
  }

  #replace(segments: readonly SegmentRow[]): void {
    this.#segments = [...segments];
    show(this.piece('rows', HTMLElement), segmentRowsView(this.#segments));
    this.#changed();
  }

  #changed(): void {
    this.changed();
    if (this.#isLive) void this.work(() => this.#check());
  }

  async #check(): Promise<void> {
    const asked = this.#segments;
    const verdict = await this.ask('checkSegments', this.#request);
    this.#isLive = true;
    show(this.piece('view', HTMLElement), rulesView(verdict));
    this.shown();
    // What was changed meanwhile is judged next.
    if (asked !== this.#segments) await this.#check();
  }

  #save(): void {
    const longest = Math.max(0, ...this.#segments.map(({ bufsz }) => bufsz));
    if (longest > FILE_BYTES_MAX) return this.say(`A file of ${longest} bytes is too long to save.`, true);
    const url = URL.createObjectURL(new Blob([segmentsElf(this.#segments)]));
    element('a', { href: url, download: FILE_NAME }).click();
    URL.revokeObjectURL(url);
    this.say(`Saved as ${FILE_NAME}; the command reads it.`);
  }

  protected get state(): State {
    const { memory, crashkernel } = this.#request;
    const rows = this.#segments.map((segment) =>
      FIELDS.map((field) => segment[field].toString(16)).join('.'),
    );
    return { memory, crashkernel, segments: rows.join('-') };
  }

  protected get words(): string[] {
    return ['plan', FILE_NAME, '--args-none', '--memory', this.#request.memory];
  }

  protected apply({ memory, crashkernel, segments }: State): void {
    for (const [name, value] of Object.entries({ memory, crashkernel: crashkernel ?? '' })) {
      const select = this.piece(name, HTMLSelectElement);
      if ([...select.options].some((option) => option.value === value)) select.value = value ?? '';
    }
    if (segments === undefined) return;
    const rows = segments.split('-').map((row) => row.split('.').map((text) => parseNumber(`0x${text}`)));
    const isWhole = rows.every((row) => row.length === 3 && row.every((value) => value !== undefined));
    if (!isWhole || rows.length > 64) return;
    this.#segments = rows.map(([mem = 0, memsz = 0, bufsz = 0]) => ({ mem, memsz, bufsz }));
    show(this.piece('rows', HTMLElement), segmentRowsView(this.#segments));
  }
}

customElements.define('kexec-segments', SegmentEditor);
