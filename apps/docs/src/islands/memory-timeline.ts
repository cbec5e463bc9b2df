/** <kexec-timeline>: physical memory at five moments of a kexec. */
import { show } from './markup.js';
import type { State } from './permalink.js';
import { Tool } from './tool.js';
import { timelineView } from './views/timeline-view.js';

class MemoryTimeline extends Tool {
  protected readonly name = 'timeline';
  readonly #form = this.imageForm();
  #stage = 0;

  protected setUp(): void {
    const slider = this.piece('slider', HTMLInputElement);
    slider.oninput = () => this.#choose(Number(slider.value));
    this.piece('view', HTMLElement).onclick = ({ target }) => {
      const button = target instanceof Element ? target.closest<HTMLElement>('[data-stage]') : null;
      if (button) this.#choose(Number(button.dataset.stage));
    };
    this.press('show', async () => {
      const stages = await this.ask('memoryStages', this.#form.scene);
      show(this.piece('view', HTMLElement), timelineView(stages, this.#stage));
      this.shown();
    });
  }

  #choose(stage: number): void {
    this.#select(stage);
    this.changed();
  }

  #select(stage: number): void {
    this.#stage = stage;
    this.piece('slider', HTMLInputElement).value = String(stage);
    for (const button of this.querySelectorAll<HTMLElement>('[data-stage]'))
      button.setAttribute('aria-pressed', String(Number(button.dataset.stage) === stage));
    for (const panel of this.querySelectorAll<HTMLElement>('[data-panel]'))
      panel.hidden = Number(panel.dataset.panel) !== stage;
  }

  protected get state(): State {
    return { ...this.#form.state, stage: String(this.#stage) };
  }

  protected get words(): string[] {
    return this.#form.planWords;
  }

  protected apply(state: State): void {
    this.#form.apply(state);
    const stage = Number(state.stage ?? 0);
    if (Number.isInteger(stage) && stage >= 0 && stage <= LAST_STAGE) this.#select(stage);
  }
}

const LAST_STAGE = 4;

customElements.define('kexec-timeline', MemoryTimeline);
