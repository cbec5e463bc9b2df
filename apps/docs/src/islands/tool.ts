/** What every tool's element does: a form, a worker that comes with the first press, a link, a command to copy. */
import { commandLine } from './command-line.js';
import type { Connection } from './connection.js';
import { copyText, part } from './dom.js';
import { ImageForm } from './image-form.js';
import { onState, permalink, type State, showState } from './permalink.js';
import type { Argument, Result, Verb } from './protocol.js';

/** A tool that works when its button is pressed, and not before. */
export abstract class Tool extends HTMLElement {
  /** In links, and nowhere else. */
  protected abstract readonly name: string;
  #connection: Promise<Connection> | undefined;
  #forget: (() => void) | undefined;
  #isBusy = false;

  /** What a link keeps. */
  protected abstract get state(): State;
  /** Words of the command that shows the same. */
  protected abstract get words(): readonly string[];
  /** Takes the parts of the component, and listens to them. */
  protected abstract setUp(): void;
  /** Becomes what a link says. */
  protected abstract apply(state: State): void;

  connectedCallback(): void {
    this.setUp();
    this.press('copy-command', (button) => copyText(button, commandLine(this.words)));
    this.press('copy-link', (button) => copyText(button, permalink(this.name, this.state)));
    this.#forget = onState(this.name, (state) => {
      this.apply(state);
      this.scrollIntoView();
    });
    this.dataset.ready = '';
  }

  disconnectedCallback(): void {
    this.#forget?.();
    void this.#connection?.then((connection) => connection.close());
    this.#connection = undefined;
  }

  /** Something has changed that a link keeps. */
  protected changed(): void {
    showState(this.name, this.state);
  }

  /** The machine's answer is in the page. */
  protected shown(): void {
    this.dataset.shown = '';
    this.changed();
  }

  /** The form of a tool that shows an image. The script is run when the component stands in the page. */
  protected imageForm(): ImageForm {
    return new ImageForm(
      this,
      async (file) => (await this.ask('inspect', file)).type !== undefined,
      () => this.changed(),
    );
  }

  protected piece<E extends HTMLElement>(name: string, kind: new () => E): E {
    return part(this, name, kind);
  }

  /** The machine's code comes with the first question. */
  protected async ask<V extends Verb>(verb: V, argument: Argument<V>): Promise<Result<V>> {
    this.#connection ??= import('./connection.js').then(({ Connection }) => new Connection());
    const connection = await this.#connection;
    return connection.ask(verb, argument);
  }

  /** Does a button's work, one at a time; what is refused is said. */
  protected press(name: string, work: (button: HTMLButtonElement) => Promise<void>): void {
    const button = this.piece(name, HTMLButtonElement);
    button.onclick = () => void this.work(() => work(button));
  }

  protected async work(work: () => Promise<void>): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.setAttribute('aria-busy', 'true');
    this.say('');
    try {
      await work();
    } catch (error) {
      const { message, code, remedy } = error as Error & { code?: string; remedy?: string };
      this.say([message, code && `[${code}]`, remedy].filter(Boolean).join(' '), true);
    } finally {
      this.#isBusy = false;
      this.removeAttribute('aria-busy');
    }
  }

  protected say(text: string, isError = false): void {
    const message = this.piece('message', HTMLElement);
    message.textContent = text;
    message.dataset.kind = isError ? 'error' : '';
  }
}
