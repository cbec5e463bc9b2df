/** <kexec-live>: the machine in the page, with its console. It loads nothing before a button is pressed. */
import { commandLine } from './command-line.js';
import type { Connection, MachineEvent } from './connection.js';
import type { Console } from './console.js';
import { copyText, part } from './dom.js';
import { ImageForm } from './image-form.js';
import { onState, permalink, showState } from './permalink.js';
import type { GivenFile, Status } from './protocol.js';

const NAME = 'live';
const BUTTONS = [
  'boot',
  'load',
  'exec',
  'pause',
  'reset',
  'hash',
  'copy-text',
  'copy-command',
  'copy-link',
] as const;
type ButtonName = (typeof BUTTONS)[number];

/** Which buttons do something now. */
type Stage = 'empty' | 'busy' | 'ready' | 'loaded' | 'running' | 'paused' | 'stopped';
const ENABLED: Readonly<Record<Stage, readonly ButtonName[]>> = {
  empty: ['boot', 'load'],
  busy: [],
  ready: ['boot', 'load', 'reset', 'copy-text'],
  loaded: ['boot', 'load', 'exec', 'reset', 'copy-text'],
  running: ['pause', 'reset', 'copy-text'],
  paused: ['pause', 'reset', 'hash', 'copy-text'],
  stopped: ['boot', 'load', 'reset', 'hash', 'copy-text'],
};
const ALWAYS: readonly ButtonName[] = ['copy-command', 'copy-link'];

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

class LiveMachine extends HTMLElement {
  readonly #buttons = new Map<ButtonName, HTMLButtonElement>();
  #form: ImageForm | undefined;
  #parts: Promise<{ connection: Connection; console: Console }> | undefined;
  #stage: Stage = 'empty';
  #hasMachine = false;
  /** Whether this machine has sent a byte. */
  #hasSpoken = false;
  #forget: (() => void) | undefined;

  connectedCallback(): void {
    for (const name of BUTTONS) {
      const button = part(this, name, HTMLButtonElement);
      this.#buttons.set(name, button);
      button.onclick = () => void this.#press(name);
    }
    const form = new ImageForm(
      this,
      (file) => this.#isKernel(file),
      () => showState(NAME, form.state),
    );
    this.#form = form;
    this.#forget = onState(NAME, (state) => {
      form.apply(state);
      this.scrollIntoView();
    });
    document.addEventListener('click', this.#onLink);
    this.#setStage('empty');
    this.dataset.ready = '';
  }

  disconnectedCallback(): void {
    this.#forget?.();
    document.removeEventListener('click', this.#onLink);
    void this.#parts?.then(({ connection }) => connection.close());
    this.#parts = undefined;
  }

  /** Who follows a link to the machine on its own page wants it to run. */
  readonly #onLink = ({ target }: Event): void => {
    const isOurs = target instanceof Element && target.closest(`a[href="#${this.id}"]`);
    if (isOurs && this.#stage === 'empty') void this.#press('boot');
  };

  async #press(name: ButtonName): Promise<void> {
    const form = this.#form;
    if (!form) return;
    if (this.#button(name).ariaDisabled === 'true') return;
    if (name === 'copy-command') return copyText(this.#button(name), commandLine(form.words));
    if (name === 'copy-link') return copyText(this.#button(name), permalink(NAME, form.state));
    if (name === 'copy-text') return this.#copyText();
    const before = this.#stage;
    this.#setStage('busy');
    this.#say('');
    try {
      this.#setStage(await this.#act(name, form, before));
    } catch (error) {
      this.#refused(error);
      this.#setStage(this.#hasMachine && before !== 'empty' ? before : 'empty');
    }
  }

  async #copyText(): Promise<void> {
    const { console } = await this.#open();
    await copyText(this.#button('copy-text'), console.text());
  }

  async #act(name: ButtonName, form: ImageForm, before: Stage): Promise<Stage> {
    const { connection, console } = await this.#open();
    const makeMachine = async () => {
      console.clear();
      this.#hasSpoken = false;
      await connection.ask('create', form.setup);
      this.#hasMachine = true;
    };
    switch (name) {
      case 'boot': {
        performance.mark('kexec:boot');
        const { image } = form;
        delete this.dataset.phase;
        await makeMachine();
        await connection.ask('load', image);
        await connection.ask('exec', undefined);
        console.focus();
        return 'running';
      }
      case 'load': {
        const { image } = form;
        if (before === 'empty' || before === 'stopped') await makeMachine();
        const { type, segments } = await connection.ask('load', image);
        this.#say(`Loaded: ${type}, ${segments.length} segments.`);
        return 'loaded';
      }
      case 'exec':
        await connection.ask('exec', undefined);
        console.focus();
        return 'running';
      case 'pause':
        await connection.ask(before === 'paused' ? 'resume' : 'pause', undefined);
        return before === 'paused' ? 'running' : 'paused';
      case 'hash':
        this.#say(`Trace hash: ${await connection.ask('traceHash', undefined)}`);
        return before;
      default:
        await makeMachine();
        return 'ready';
    }
  }

  /** The terminal's and the machine's code come with the first press. */
  #open(): Promise<{ connection: Connection; console: Console }> {
    this.#parts ??= (async () => {
      const [{ Connection }, { openConsole }] = await Promise.all([
        import('./connection.js'),
        import('./console.js'),
      ]);
      const box = part(this, 'console', HTMLDivElement);
      const connection: Connection = new Connection((event) => this.#hear(event, console));
      const console = await openConsole(
        box,
        (bytes) => void connection.ask('type', bytes).catch(() => undefined),
      );
      return { connection, console };
    })();
    return this.#parts;
  }

  async #isKernel(file: GivenFile): Promise<boolean> {
    const { connection } = await this.#open();
    const { type } = await connection.ask('inspect', file);
    return type !== undefined;
  }

  #hear(event: MachineEvent, console: Console): void {
    if (event.kind === 'serial') {
      if (!this.#hasSpoken) performance.mark('kexec:first-byte');
      this.#hasSpoken = true;
      console.write(event.bytes);
    } else this.#show(event.status);
  }

  #show(status: Status): void {
    const { phase, instructions, mips, seconds, stop } = status;
    const texts = {
      phase: phase === 'stopped' && stop ? `stopped: ${stop}` : phase,
      instructions: grouped.format(instructions),
      mips: mips < 10 ? mips.toFixed(1) : grouped.format(mips),
      time: `${seconds.toFixed(3)} s`,
    };
    for (const [name, text] of Object.entries(texts)) part(this, name, HTMLElement).textContent = text;
    this.dataset.phase = phase;
    const { slices, lateSlices, longestSlice } = status;
    this.dataset.slices = `${slices}, ${lateSlices} above 16 ms, the longest ${longestSlice.toFixed(1)} ms`;
    if (phase === 'stopped' && this.#stage === 'running') this.#setStage('stopped');
  }

  #setStage(stage: Stage): void {
    // A short run is over before its order is answered.
    this.#stage = stage === 'running' && this.dataset.phase === 'stopped' ? 'stopped' : stage;
    this.dataset.stage = this.#stage;
    const enabled = [...ENABLED[this.#stage], ...ALWAYS];
    // A disabled button loses the focus; whoever uses the keyboard shall keep their place.
    for (const [name, button] of this.#buttons)
      button.setAttribute('aria-disabled', String(!enabled.includes(name)));
    this.#button('pause').textContent = this.#stage === 'paused' ? 'Resume' : 'Pause';
  }

  #button(name: ButtonName): HTMLButtonElement {
    const button = this.#buttons.get(name);
    if (button) return button;
    throw new Error(`no button "${name}"`);
  }

  #say(text: string): void {
    const message = part(this, 'message', HTMLElement);
    message.textContent = text;
    delete message.dataset.kind;
  }

  #refused(error: unknown): void {
    const { message, code, remedy } = error as Error & { code?: string; remedy?: string };
    this.#say([message, code && `[${code}]`, remedy].filter(Boolean).join(' '));
    part(this, 'message', HTMLElement).dataset.kind = 'error';
  }
}

customElements.define('kexec-live', LiveMachine);
