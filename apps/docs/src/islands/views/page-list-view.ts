/** The page list in words: its runs as a table, and one word of it in a sentence. */
import { hex } from '../dom.js';
import { html, type Markup } from '../markup.js';
import { type PageWord, pageWords, type WordRun, wordRuns } from '../page-words.js';
import type { PageListView } from '../protocol.js';

const ROWS_MAX = 200;
const PAGE_BYTES = 4096;

export function pageListView(list: PageListView): Markup {
  const words = pageWords(list);
  const runs = wordRuns(words);
  const pages = words.filter(({ kind }) => kind === 'indirection').length;
  const more = runs.length - ROWS_MAX;
  return html`
    <p>${words.length} words in ${pages} indirection ${pages === 1 ? 'page' : 'pages'}: ${list.copies} pages to copy,
      ${list.inPlace} of them in place already. The stub runs in ${hex(list.controlCodePage)}.</p>
    <div class="kx-scroll" tabindex="0" role="region" aria-label="Words of the page list"><table>
      <thead><tr><th>Word at</th><th>Says</th><th>Page</th><th>Goes to</th></tr></thead>
      <tbody>${runs.slice(0, ROWS_MAX).map((run) => runView(run, list))}</tbody>
    </table>${more > 0 ? html`<p class="kx-note">and ${more} more runs</p>` : undefined}</div>`;
}

const placeOf = ({ paddr }: PageWord) => (paddr === 0 ? 'image.head' : hex(paddr));

function runView({ first, count, stride }: WordRun, list: PageListView): Markup {
  const { kind, page, destination } = first;
  const says = `IND_${kind.toUpperCase()}${count > 1 ? ` × ${count}` : ''}`;
  const last = (page + (count - 1) * stride) >>> 0;
  const pages = kind === 'done' ? '–' : count > 1 ? `${hex(page)} … ${hex(last)}` : hex(page);
  const goes = destination === undefined ? '' : destinationText(destination, count, list);
  return html`<tr data-kind="${kind}"><td><code>${placeOf(first)}</code></td>
    <td><span class="kx-swatch kx-word-${kind}"></span>${says}</td><td><code>${pages}</code></td><td>${goes}</td></tr>`;
}

function destinationText(destination: number, count: number, { segments }: PageListView): string {
  const name = segments.find(({ start, end }) => start <= destination && destination < end)?.name ?? '';
  const last = destination + (count - 1) * PAGE_BYTES;
  return `${count > 1 ? `${hex(destination)} … ${hex(last)}` : hex(destination)} ${name}`;
}

/** What one word says. */
export function wordSentence(word: PageWord, index: number, list: PageListView): string {
  const said = `Word ${index} at ${placeOf(word)}, ${hex(word.word)}:`;
  switch (word.kind) {
    case 'destination':
      return `${said} IND_DESTINATION: the next pages go to ${hex(word.page)} and on.`;
    case 'indirection':
      return `${said} IND_INDIRECTION: the next words stand in the page at ${hex(word.page)}.`;
    case 'done':
      return `${said} IND_DONE: the list ends.`;
    default: {
      const destination = word.destination ?? 0;
      const isInPlace = destination === word.page;
      return `${said} IND_SOURCE: the page at ${hex(word.page)} goes to ${destinationText(destination, 1, list)}${
        isInPlace ? ', where it is already' : ''
      }.`;
    }
  }
}
