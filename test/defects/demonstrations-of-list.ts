/** Defects 7 to 9 and 11: what the pass of 2002 over the entry list does to images, on lists made by hand. */
import { IND_INDIRECTION, kimageEntries, loadedHead } from '@kexec/kexec';
import { nextPages, soilFreePages } from '../historic-lab.js';
import { hex, PAGE, Transcript } from './transcript.js';

type Show = (lab: Transcript) => void;
/** Four INT3: with no IDT, nobody runs through them. */
const INT3 = 0xcccc_cccc;

/** Each by its number. */
export const LIST_DEMONSTRATIONS: Readonly<Record<number, { readonly show: Show }>> = {
  7: { show: crossedPages },
  8: { show: crossedSegments },
  9: { show: lostWalk },
  11: { show: endElsewhere },
};

const freePages = (lab: Transcript) => nextPages(lab.lab, 64).sort((a, b) => a - b);

/** The mended engine takes three pages before those of the list and the data. */
function control(lab: Transcript, pages: readonly number[]): readonly number[] {
  return lab.engine === 'fixed' ? pages.slice(20, 23) : [];
}

function crossedPages(lab: Transcript): void {
  lab.warm();
  const [spare = 0, ...pages] = freePages(lab);
  const [first = 0] = pages;
  lab.allocateInOrder([...control(lab, pages), spare, first + PAGE, first]);
  const segments = [lab.segment(first, 2 * PAGE)];
  lab.load(segments);
  lab.sayCopies();
  lab.sayWrongPages(segments);
}

function crossedSegments(lab: Transcript): void {
  lab.warm();
  const [spare = 0, a = 0, , b = 0, ...pages] = freePages(lab);
  lab.allocateInOrder([...control(lab, pages), spare, b, a]);
  const segments = [lab.segment(a), lab.segment(b, PAGE, PAGE, lab.lab.data + PAGE)];
  lab.load(segments);
  lab.sayCopies();
  lab.sayWrongPages(segments);
}

/** A page of data to `mem`, and zeros enough for two pages of the list. */
function twoListPages(lab: Transcript, mem: number) {
  return [lab.segment(mem), lab.segment(0xf000_0000, 1100 * PAGE, 0)];
}

function secondListPage(engine: Transcript['engine']): number {
  const scout = new Transcript(engine).warm();
  scout.lab.result(twoListPages(scout, 0xe000_0000));
  const { mem } = scout.lab.machine.pc;
  const entries = [...kimageEntries(mem, loadedHead(scout.lab.machine.kexec) ?? 0, 3000)];
  return entries.filter(({ flag }) => flag === IND_INDIRECTION)[1]?.page ?? 0;
}

function lostWalk(lab: Transcript): void {
  lab.warm();
  const wild = 0x4000_0000 | IND_INDIRECTION;
  lab.lab.process.write(lab.lab.data, new Uint8Array(new Uint32Array(PAGE / 4).fill(wild).buffer));
  const second = secondListPage(lab.engine);
  lab.say(`the second page of the list will be ${hex(second)}; the data are the word ${hex(wild)}`);
  lab.load(twoListPages(lab, second));
}

function endElsewhere(lab: Transcript): void {
  lab.warm();
  soilFreePages(lab.lab, INT3);
  const [spare = 0, list = 0, ...pages] = freePages(lab);
  lab.allocateInOrder([...control(lab, pages), list, spare]);
  lab.load([lab.segment(list)]);
  const { machine } = lab.lab;
  const page = machine.kexec.historic?.image?.rebootCodeBuffer;
  if (page !== undefined) lab.say(`the relocation code will run at ${hex(page - 0xc000_0000)}`);
  lab.sayCopies();
  lab.jump();
}
