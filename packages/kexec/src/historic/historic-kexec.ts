/** kexec's state under the historic engine: a heap, and a pointer to the image. */
import type { Kernel, LinearAddr } from '@kexec/kernel-core';
import { KernelMemory } from './kernel-memory.js';
import { type HistoricHost, HistoricKimage } from './kimage.js';
import { Kmalloc, type KmallocState } from './kmalloc.js';

/** kexec of 2.5.48 in a running kernel. */
export interface HistoricKexec {
  readonly kernel: Kernel;
  readonly host: HistoricHost;
  /** @see kernel/kexec.c kexec_image of the patch */
  image: HistoricKimage | undefined;
}

/** As plain data; the image and its list are in guest memory. */
export interface HistoricKexecState {
  /** Address of the image's struct; 0 without one. */
  readonly image: LinearAddr;
  readonly heap: KmallocState;
}

export function createHistoricKexec(kernel: Kernel, state?: HistoricKexecState): HistoricKexec {
  const memory = new KernelMemory(kernel);
  const host = { memory, heap: new Kmalloc(memory, state?.heap) };
  return { kernel, host, image: state?.image ? new HistoricKimage(host, state.image) : undefined };
}

export function saveHistoricKexec({ image, host }: HistoricKexec): HistoricKexecState {
  return { image: image?.vaddr ?? 0, heap: host.heap.saveState() };
}
