/** INT 18 and INT 19: the boot sector of the first disk, or word that there is none. */
import type { BlockBackend } from '../../block/block-backend.js';
import { BIOS_SEGMENT } from '../../memlayout.js';
import { FIRST_DISK, readSectors } from './disk-services.js';
import type { Service, ServiceCall } from './service-call.js';
import type { TextScreen } from './text-screen.js';

/** Where a boot sector is loaded and entered. */
const BOOT_OFFSET = 0x7c00;
const SIGNATURE_OFFSET = 0x1fe;

/** What booting needs. */
export interface BootMachine {
  readonly screen: TextScreen;
  readonly disks: readonly BlockBackend[];
  /** Offset of the ROM's last halt. */
  readonly stopOffset: number;
}

/** INT 19: the boot sector goes to 0000:7C00 and is entered with DL = 80. */
export function bootService(machine: BootMachine): Service {
  return (call) => {
    const [disk] = machine.disks;
    const sector = disk && readSectors(disk, 0, 1);
    if (sector?.[SIGNATURE_OFFSET] !== 0x55 || sector[SIGNATURE_OFFSET + 1] !== 0xaa) {
      giveUp(machine, call);
      return;
    }
    call.writeFar(0, BOOT_OFFSET, sector);
    call.dl = FIRST_DISK;
    call.ds = 0;
    call.es = 0;
    call.returnTo(0, BOOT_OFFSET);
  };
}

/** INT 18: what was booted has no system. */
export function noSystemService(machine: BootMachine): Service {
  return (call) => giveUp(machine, call);
}

function giveUp({ screen, stopOffset }: BootMachine, call: ServiceCall): void {
  for (const char of 'No bootable device.\r\n') screen.teletype(screen.activePage, char.charCodeAt(0));
  call.returnTo(BIOS_SEGMENT, stopOffset);
}
