/** <kexec-pages>: the page list of a loaded image, word by word. */
import { show } from './markup.js';
import { pageWords } from './page-words.js';
import type { State } from './permalink.js';
import type { PageListView } from './protocol.js';
import { Tool } from './tool.js';
import { pageListView, wordSentence } from './views/page-list-view.js';
import { WordMap } from './word-map.js';

class PageList extends Tool {
  protected readonly name = 'pages';
  readonly #form = this.imageForm();
  readonly #map = new WordMap(this.piece('map', HTMLCanvasElement), (index) => this.#tell(index));
  #list: PageListView | undefined;
  #cursor = 0;

  protected setUp(): void {
    this.press('show', async () => {
      const list = await this.ask('pageList', this.#form.scene);
      this.#list = list;
      show(this.piece('view', HTMLElement), pageListView(list));
      this.#map.show(pageWords(list), this.#cursor);
      this.shown();
    });
    this.piece('map', HTMLCanvasElement).addEventListener('keyup', () => this.changed());
    this.piece('map', HTMLCanvasElement).addEventListener('click', () => this.changed());
  }

  #tell(index: number): void {
    if (!this.#list) return;
    this.#cursor = index;
    const word = pageWords(this.#list)[index];
    const sentence = word ? wordSentence(word, index, this.#list) : '';
    this.piece('word', HTMLElement).textContent = sentence;
    const map = this.piece('map', HTMLCanvasElement);
    map.setAttribute('aria-valuenow', String(index));
    map.setAttribute('aria-valuetext', sentence);
  }

  protected get state(): State {
    return { ...this.#form.state, word: String(this.#cursor) };
  }

  protected get words(): string[] {
    return this.#form.planWords;
  }

  protected apply(state: State): void {
    this.#form.apply(state);
    const word = Number(state.word ?? 0);
    if (Number.isInteger(word) && word >= 0) this.#cursor = word;
    if (this.#list) this.#map.moveTo(this.#cursor);
  }
}

customElements.define('kexec-pages', PageList);
