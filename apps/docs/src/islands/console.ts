/** The terminal on ttyS0. */
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import stylesUrl from '@xterm/xterm/css/xterm.css?url';
import { element } from './dom.js';

/** What the island needs of a terminal. */
export interface Console {
  write(bytes: Uint8Array): void;
  clear(): void;
  focus(): void;
  /** What it shows and what has scrolled away, as far as it is kept. */
  text(): string;
}

const SCROLLBACK_LINES = 2000;

/**
 * Opens a terminal in `box`, as large as the box is.
 *
 * @param onInput - hears what is typed or pasted, as bytes
 */
export async function openConsole(
  box: HTMLElement,
  onInput: (bytes: Uint8Array<ArrayBuffer>) => void,
): Promise<Console> {
  await loadStyles();
  const isMotionReduced = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const terminal = new Terminal({
    cursorBlink: !isMotionReduced,
    fontFamily: getComputedStyle(box).fontFamily,
    fontSize: Number.parseFloat(getComputedStyle(box).fontSize),
    scrollback: SCROLLBACK_LINES,
    screenReaderMode: true,
    theme: {
      background: '#10141b',
      foreground: '#d7dde8',
      cursor: '#7dd3a8',
      selectionBackground: '#3a4a63',
    },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  // The fitting takes its parent's padding for room.
  const room = element('div', { class: 'kx-terminal' });
  box.replaceChildren(room);
  terminal.open(room);
  fit.fit();
  new ResizeObserver(() => fit.fit()).observe(box);
  const encoder = new TextEncoder();
  terminal.onData((text) => onInput(encoder.encode(text)));
  // A guest has use for Tab; with Shift it leaves the terminal, or nobody without a mouse could.
  terminal.attachCustomKeyEventHandler((event) => !(event.key === 'Tab' && event.shiftKey));
  return {
    write: (bytes) => terminal.write(bytes),
    clear: () => terminal.reset(),
    focus: () => terminal.focus(),
    text: () => bufferText(terminal),
  };
}

/** Lines that the terminal has broken are whole again. */
function bufferText({ buffer: { normal } }: Terminal): string {
  const lines: string[] = [];
  for (let at = 0; at < normal.length; at++) {
    const line = normal.getLine(at);
    const text = line?.translateToString(true) ?? '';
    if (line?.isWrapped) lines.push((lines.pop() ?? '') + text);
    else lines.push(text);
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** A page has them only once somebody has asked for the terminal. */
function loadStyles(): Promise<void> {
  const link = element('link', { rel: 'stylesheet', href: stylesUrl });
  return new Promise((resolve, reject) => {
    link.onload = () => resolve();
    link.onerror = () => reject(new Error('the terminal’s styles could not be loaded'));
    document.head.append(link);
  });
}
