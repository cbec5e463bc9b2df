/** <kexec-boot-params>: what a Linux kernel is handed, byte by byte. */
import { show } from './markup.js';
import type { State } from './permalink.js';
import { Tool } from './tool.js';
import { bootParamsView } from './views/boot-params-view.js';

const STEPS: Readonly<Record<string, number>> = {
  ArrowUp: -1,
  ArrowDown: 1,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

class BootParams extends Tool {
  protected readonly name = 'boot-params';
  readonly #form = this.imageForm();
  #current = 'header';

  protected setUp(): void {
    const view = this.piece('view', HTMLElement);
    this.press('show', async () => {
      const params = await this.ask('bootParams', this.#form.scene);
      show(view, bootParamsView(params, this.#current));
      this.#mark();
      this.shown();
    });
    view.onclick = ({ target }) => {
      const found =
        target instanceof Element ? target.closest<HTMLElement>('[data-name],[data-owner]') : null;
      if (found) this.#choose(found.dataset.name ?? found.dataset.owner ?? '');
    };
    view.onkeydown = (event) => this.#key(event);
    this.#mark();
  }

  get #fields(): HTMLButtonElement[] {
    return [...this.querySelectorAll<HTMLButtonElement>('button[data-name]')];
  }

  #key(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    const fields = this.#fields;
    const at = fields.findIndex((field) => field.matches(':focus'));
    if (step === undefined || at < 0) return;
    event.preventDefault();
    const next = fields[Math.max(0, Math.min(fields.length - 1, at + step))];
    next?.focus();
    this.#choose(next?.dataset.name ?? '');
  }

  #choose(name: string): void {
    this.#current = name;
    this.#mark();
    this.changed();
  }

  #mark(): void {
    for (const marked of this.querySelectorAll<HTMLElement>('[data-owner],[data-row]'))
      marked.toggleAttribute('data-current', (marked.dataset.owner ?? marked.dataset.row) === this.#current);
    const fields = this.#fields;
    const current = fields.find(({ dataset }) => dataset.name === this.#current) ?? fields[0];
    for (const field of fields) {
      field.tabIndex = field === current ? 0 : -1;
      field.setAttribute('aria-pressed', String(field === current));
    }
    const byte = this.querySelector(`[data-owner="${CSS.escape(this.#current)}"]`);
    for (const marked of [byte, current]) scrollWithin(marked);
  }

  protected get state(): State {
    return { ...this.#form.state, field: this.#current };
  }

  protected get words(): string[] {
    return this.#form.planWords;
  }

  protected apply(state: State): void {
    this.#form.apply(state);
    this.#current = state.field ?? this.#current;
    this.#mark();
  }
}

/** Scrolls the box that an element is in, and not the page. */
function scrollWithin(inner: Element | null | undefined): void {
  const box = inner?.closest('.kx-scroll');
  if (!inner || !box) return;
  const { top, bottom } = inner.getBoundingClientRect();
  const room = box.getBoundingClientRect();
  if (top < room.top || bottom > room.bottom)
    box.scrollTop += top - room.top - (room.height - (bottom - top)) / 2;
}

customElements.define('kexec-boot-params', BootParams);
