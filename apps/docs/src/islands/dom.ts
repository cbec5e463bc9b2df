/** Elements: found by their part, made from a row. */

/** The element that carries `data-part=name`. @throws Error when the component has none: it and its script disagree */
export function part<E extends HTMLElement>(root: ParentNode, name: string, kind: new () => E): E {
  const found = root.querySelector(`[data-part="${name}"]`);
  if (found instanceof kind) return found;
  throw new Error(`the component has no ${kind.name} "${name}"`);
}

type Child = Node | string;

/** An element with attributes and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | undefined>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Copies a text, and says so on the button for a while. */
export async function copyText(button: HTMLButtonElement, text: string): Promise<void> {
  const label = button.textContent;
  await navigator.clipboard.writeText(text).then(
    () => {
      button.textContent = 'Copied';
    },
    () => {
      button.textContent = 'Not allowed';
    },
  );
  setTimeout(() => {
    button.textContent = label;
  }, 1500);
}

/** `0x0009d000` */
export const hex = (value: number, digits = 8) => `0x${(value >>> 0).toString(16).padStart(digits, '0')}`;
/** An end may be 2³². */
export const hexEnd = (value: number) => (value === 2 ** 32 ? '0x100000000' : hex(value));

/** `4 KB`, `5.4 MB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1 << 20) return `${Number((bytes / 1024).toFixed(1))} KB`;
  return `${Number((bytes / (1 << 20)).toFixed(1))} MB`;
}
