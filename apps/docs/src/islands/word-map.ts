/** The page list as a map: a cell for each word, in its kind's colour, with a cursor that keys and the mouse move. */
import type { PageWord, WordKind } from './page-words.js';

const GAP = 1;
/** A short list has room for large cells. */
const cellOf = (words: number) => (words <= 256 ? 16 : 8);
const KINDS: readonly WordKind[] = ['destination', 'indirection', 'done', 'source'];
const STEPS: Readonly<Record<string, (columns: number) => number>> = {
  ArrowLeft: () => -1,
  ArrowRight: () => 1,
  ArrowUp: (columns) => -columns,
  ArrowDown: (columns) => columns,
  PageUp: (columns) => -10 * columns,
  PageDown: (columns) => 10 * columns,
  Home: () => Number.NEGATIVE_INFINITY,
  End: () => Number.POSITIVE_INFINITY,
};

/** A map on a canvas that has the focus like a slider: its value is the word under the cursor. */
export class WordMap {
  readonly #canvas: HTMLCanvasElement;
  readonly #onMove: (index: number) => void;
  #words: readonly PageWord[] = [];
  #cursor = 0;

  constructor(canvas: HTMLCanvasElement, onMove: (index: number) => void) {
    this.#canvas = canvas;
    this.#onMove = onMove;
    canvas.addEventListener('keydown', (event) => this.#key(event));
    canvas.addEventListener('pointerdown', (event) => this.#point(event));
    canvas.addEventListener('pointermove', (event) => {
      if (event.pointerType === 'mouse') this.#point(event);
    });
    new ResizeObserver(() => this.#draw()).observe(canvas.parentElement ?? canvas);
    // The colours are the theme's.
    new MutationObserver(() => this.#draw()).observe(document.documentElement, {
      attributeFilter: ['data-theme'],
    });
  }

  show(words: readonly PageWord[], cursor: number): void {
    this.#words = words;
    this.#canvas.setAttribute('aria-valuemax', String(Math.max(0, words.length - 1)));
    this.moveTo(cursor);
  }

  moveTo(index: number): void {
    this.#cursor = Math.max(0, Math.min(this.#words.length - 1, index));
    this.#draw();
    this.#onMove(this.#cursor);
  }

  get #pitch(): number {
    return cellOf(this.#words.length) + GAP;
  }

  get #columns(): number {
    const width = this.#canvas.parentElement?.clientWidth ?? 0;
    return Math.max(8, Math.floor(width / this.#pitch));
  }

  #key(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    if (!step || this.#words.length === 0) return;
    event.preventDefault();
    this.moveTo(this.#cursor + step(this.#columns));
  }

  #point({ offsetX, offsetY }: PointerEvent): void {
    const column = Math.floor(offsetX / this.#pitch);
    const index = Math.floor(offsetY / this.#pitch) * this.#columns + column;
    if (column < this.#columns && index < this.#words.length && index !== this.#cursor) this.moveTo(index);
  }

  #draw(): void {
    const canvas = this.#canvas;
    const columns = this.#columns;
    const rows = Math.ceil(this.#words.length / columns);
    const pitch = this.#pitch;
    const cell = pitch - GAP;
    const width = columns * pitch;
    const height = rows * pitch;
    const context = canvas.getContext('2d');
    if (!context || rows === 0) return;
    canvas.width = width * devicePixelRatio;
    canvas.height = height * devicePixelRatio;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    context.scale(devicePixelRatio, devicePixelRatio);
    const style = getComputedStyle(canvas);
    const colours = new Map(KINDS.map((kind) => [kind, style.getPropertyValue(`--kx-word-${kind}`)]));
    for (const [index, { kind }] of this.#words.entries()) {
      context.fillStyle = colours.get(kind) ?? '';
      const x = (index % columns) * pitch;
      const y = Math.floor(index / columns) * pitch;
      context.fillRect(x, y, cell, cell);
      if (index !== this.#cursor) continue;
      context.strokeStyle = style.color;
      context.lineWidth = 2;
      context.strokeRect(x + 1, y + 1, cell - 2, cell - 2);
    }
  }
}
