/** Our PC under the guest image. It has no floppy: the image is put where the boot sector would have read it. */
import { createPc } from '@kexec/pc';
import { createPhysMem } from '@kexec/phys-mem';
import { CS, DS, ES, SS } from '@kexec/x86-cpu';
import { ARGUMENT_OFFSET, CONTROL_PORT, ControlPort, type Sample } from './control-port.js';
import { type Emulator, RAM_BYTES } from './emulator.js';
import { BOOT_SECTOR, createGuestImage, PROGRAMS_ADDRESS } from './guest-image.js';

export function createOurEmulator(): Emulator {
  const { bootSector, programs, loaded } = createGuestImage();
  const control = new ControlPort();
  const mem = createPhysMem({ ramBytes: RAM_BYTES });
  const pc = createPc({ mem, onSerial: (byte) => control.hear(byte) });
  control.countInstructions = () => pc.cpu.icount;
  pc.ports.claim({
    first: CONTROL_PORT,
    last: CONTROL_PORT + ARGUMENT_OFFSET + 3,
    wide: true,
    device: { read: (offset) => control.read(offset), write: (_offset, value) => control.write(value) },
  });
  mem.writeBytes(BOOT_SECTOR, bootSector);
  mem.writeBytes(PROGRAMS_ADDRESS, programs);
  for (const segment of [CS, DS, ES, SS]) {
    pc.cpu.setSegment(segment, { selector: 0, attributes: 0x93, base: 0, limit: 0xffff });
  }
  pc.cpu.esp = BOOT_SECTOR;
  pc.cpu.eip = loaded;
  return {
    write: (paddr, bytes) => mem.writeBytes(paddr, bytes),
    run: async (job) => {
      let sample: Sample | undefined;
      control.onEnd = (ended) => {
        sample = ended;
        pc.requestStop();
      };
      control.give(job);
      const stop = pc.run();
      if (!sample) throw new Error(`the guest ended with ${stop.kind}`);
      return sample;
    },
  };
}
