/** The words of a loaded image's page list, as they stand in guest memory. */
import { kimageEntries, pageCopies } from '@kexec/kexec';
import type { PageListView, Scene } from '../protocol.js';
import { loadedImage } from './memory-stages.js';
import { loadedMachine, segmentRanges } from './scene.js';

export function pageList(scene: Scene): PageListView {
  const { machine, plan } = loadedMachine(scene);
  const { head, controlCodePage } = loadedImage(machine);
  const { mem } = machine.pc;
  const words: number[] = [];
  for (const { paddr, page, flag } of kimageEntries(mem, head)) words.push(paddr, (page | flag) >>> 0);
  const copies = [...pageCopies(mem, head)];
  return {
    words: Uint32Array.from(words),
    segments: segmentRanges(plan),
    controlCodePage,
    copies: copies.length,
    inPlace: copies.filter(({ source, destination }) => source === destination).length,
  };
}
