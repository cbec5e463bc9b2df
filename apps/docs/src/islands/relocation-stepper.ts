/** <kexec-relocation>: the jump, an instruction or a page at a time, forward and back. */
import { show } from './markup.js';
import type { State } from './permalink.js';
import type { RelocationMove, RelocationView } from './protocol.js';
import { Tool } from './tool.js';
import { relocationView, stubView } from './views/relocation-view.js';

/** Where each button goes, from a view. */
const MOVES: Readonly<Record<string, (step: number) => RelocationMove>> = {
  'step-back': (step) => ({ to: 'step', step: step - 1 }),
  'step-on': (step) => ({ to: 'step', step: step + 1 }),
  'page-back': () => ({ to: 'previous-page' }),
  'page-on': () => ({ to: 'next-page' }),
  start: () => ({ to: 'step', step: 0 }),
  end: () => ({ to: 'end' }),
};
const KEYS: Readonly<Record<string, string>> = {
  ArrowLeft: 'step-back',
  ArrowRight: 'step-on',
  PageUp: 'page-back',
  PageDown: 'page-on',
  Home: 'start',
  End: 'end',
};

class RelocationStepper extends Tool {
  protected readonly name = 'relocation';
  readonly #form = this.imageForm();
  #view: RelocationView | undefined;
  /** Where a link wants to go. */
  #wanted = 0;

  protected setUp(): void {
    this.press('open', () => this.#open());
    for (const [name, move] of Object.entries(MOVES)) {
      this.press(name, async () => {
        if (!this.#view) await this.#open();
        await this.#go(move(this.#view?.step ?? 0));
      });
    }
    this.piece('stage', HTMLElement).onkeydown = (event) => {
      const name = KEYS[event.key];
      if (!name || event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement)
        return;
      event.preventDefault();
      this.piece(name, HTMLButtonElement).click();
    };
    this.#mark(undefined);
  }

  async #open(): Promise<void> {
    const start = await this.ask('openRelocation', this.#form.scene);
    show(this.piece('stub', HTMLElement), stubView(start));
    this.#view = undefined;
    this.#show(start.view);
    if (this.#wanted > 0) await this.#go({ to: 'step', step: this.#wanted });
    this.shown();
  }

  async #go(move: RelocationMove): Promise<void> {
    this.#show(await this.ask('moveRelocation', move));
    this.changed();
  }

  #show(view: RelocationView): void {
    show(this.piece('view', HTMLElement), relocationView(view, this.#view));
    this.#view = view;
    this.#mark(view.offset);
  }

  #mark(offset: number | undefined): void {
    const stub = this.piece('stub', HTMLElement);
    for (const line of stub.querySelectorAll<HTMLElement>('.kx-line')) {
      const isCurrent = offset !== undefined && line.dataset.offset === String(offset);
      line.toggleAttribute('data-current', isCurrent);
      if (isCurrent) stub.scrollTop = line.offsetTop - stub.offsetTop - stub.clientHeight / 2;
    }
  }

  protected get state(): State {
    return { ...this.#form.state, step: String(this.#view?.step ?? this.#wanted) };
  }

  /** gdb and the monitor stand before the jump's first instruction, as the stepper does. */
  protected get words(): string[] {
    const { words } = this.#form;
    return this.#form.isDemo ? [...words, '--wait-gdb'] : ['debug', ...words];
  }

  protected apply(state: State): void {
    this.#form.apply(state);
    const step = Number(state.step ?? 0);
    this.#wanted = Number.isSafeInteger(step) && step > 0 ? step : 0;
  }
}

customElements.define('kexec-relocation', RelocationStepper);
