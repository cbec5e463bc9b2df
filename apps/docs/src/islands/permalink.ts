/** An island's state in the address: `#name:key=value&key=value`, so that a link shows what its sender saw. */

/** Texts by name; what is as it always is, is left out. */
export type State = Readonly<Record<string, string | undefined>>;

/** The state that an address has for an island; undefined when it is another's, or a heading's. */
export function readState(name: string, hash: string): State | undefined {
  const prefix = `#${name}:`;
  if (!hash.startsWith(prefix)) return undefined;
  return Object.fromEntries(new URLSearchParams(hash.slice(prefix.length)));
}

/** The part of an address that {@link readState} reads. */
export function stateHash(name: string, state: State): string {
  const given = Object.entries(state).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `#${name}:${new URLSearchParams(given)}`;
}

/** The page's address with an island's state. */
export function permalink(name: string, state: State): string {
  return new URL(stateHash(name, state), location.href).href;
}

/** Puts an island's state into the address bar; the history gets no entry for it. */
export function showState(name: string, state: State): void {
  history.replaceState(history.state, '', stateHash(name, state));
}

/** Calls back with the island's state in the address: now, if it has one, and whenever the address changes to one. */
export function onState(name: string, apply: (state: State) => void): () => void {
  const read = () => {
    const state = readState(name, location.hash);
    if (state) apply(state);
  };
  read();
  addEventListener('hashchange', read);
  return () => removeEventListener('hashchange', read);
}
