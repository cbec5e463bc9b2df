/** The demo bzImage in a beoboot file, with its command line and an initrd. */
import { createBzImageGuest } from './bzimage-guest.js';

const HEADER_BYTES = 16;
const ARCHITECTURE_I386 = 1;
const INITRD_PRESENT = 1;

/** @see kexec-tools include/boot/beoboot.h */
export function createBeobootGuest(commandLine: string, initrd: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(`${commandLine}\0`);
  const kernel = createBzImageGuest();
  const image = new Uint8Array(HEADER_BYTES + text.length + kernel.length + initrd.length);
  image.set(new TextEncoder().encode('BeoB'));
  const view = new DataView(image.buffer);
  view.setUint8(4, ARCHITECTURE_I386);
  view.setUint8(5, INITRD_PRESENT);
  view.setUint16(6, text.length, true);
  view.setUint32(8, kernel.length, true);
  view.setUint32(12, initrd.length, true);
  image.set(text, HEADER_BYTES);
  image.set(kernel, HEADER_BYTES + text.length);
  image.set(initrd, HEADER_BYTES + text.length + kernel.length);
  return image;
}
