/** The virtio cards of a board: which there are, and in which slots. */
import type { PhysMem } from '@kexec/phys-mem';
import type { BlockBackend } from './block/block-backend.js';
import { VirtioBlk } from './devices/virtio/virtio-blk.js';
import { VirtioConsole } from './devices/virtio/virtio-console.js';
import type { VirtioDevice } from './devices/virtio/virtio-device.js';
import { VirtioNet } from './devices/virtio/virtio-net.js';
import { VirtioPci } from './devices/virtio/virtio-pci.js';
import { VirtioRng } from './devices/virtio/virtio-rng.js';
import { UserNetwork } from './net/user-network.js';

/** What to put on the bus besides disks. */
export interface VirtioOptions {
  /** A network card, on a network with nothing but a gateway: DHCP, ARP, ping. */
  readonly net?: boolean;
  /** A source of random bytes that follow from this seed, uint32. */
  readonly rngSeed?: number;
  /** A console; hears every byte that the guest sends to it. */
  readonly onConsole?: (byte: number) => void;
}

/** Slots: fixed for the cards that there is one of, from `BLOCK_FIRST` on for disks. */
const SLOT = { NET: 3, RNG: 4, CONSOLE: 5, BLOCK_FIRST: 6, END: 32 } as const;
/** Locally administered; the one that emulators have always used. */
const GUEST_MAC = Uint8Array.of(0x52, 0x54, 0x00, 0x12, 0x34, 0x56);

/** The cards. */
export interface VirtioCards {
  /** By slot. */
  readonly cards: ReadonlyMap<number, VirtioPci>;
  readonly console: VirtioConsole | undefined;
}

/** Makes the cards. Disks that find no slot are left out. */
export function createVirtioCards(
  mem: PhysMem,
  disks: readonly BlockBackend[],
  { net = false, rngSeed, onConsole }: VirtioOptions,
): VirtioCards {
  const devices = new Map<number, VirtioDevice>();
  const console = onConsole && new VirtioConsole(onConsole);
  if (net) devices.set(SLOT.NET, new VirtioNet(GUEST_MAC, new UserNetwork()));
  if (rngSeed !== undefined) devices.set(SLOT.RNG, new VirtioRng(rngSeed));
  if (console) devices.set(SLOT.CONSOLE, console);
  disks.slice(0, SLOT.END - SLOT.BLOCK_FIRST).forEach((backend, nth) => {
    const serial = `KXV${String(nth + 1).padStart(7, '0')}`;
    devices.set(SLOT.BLOCK_FIRST + nth, new VirtioBlk(backend, serial));
  });
  const cards = new Map([...devices].map(([slot, device]) => [slot, new VirtioPci(device, mem)]));
  return { cards, console };
}
