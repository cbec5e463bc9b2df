/** v86 under the guest image, which SeaBIOS boots from a floppy. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { V86 } from 'v86';
import { ARGUMENT_OFFSET, CONTROL_PORT, ControlPort, type Sample } from './control-port.js';
import { type Emulator, RAM_BYTES } from './emulator.js';
import { createGuestImage } from './guest-image.js';

const FLOPPY_BYTES = 1_474_560;
const SECTOR_BYTES = 512;
/** Floppy, then CD-ROM, then hard disk. */
const BOOT_ORDER = 0x321;

/** What v86 has but does not declare. */
interface V86Inside {
  readonly v86: { readonly cpu: { readonly io: PortTable } };
}

type PortRead = () => number;
type PortWrite = (value: number) => void;

interface PortTable {
  register_read(port: number, device: object, read8?: PortRead, read16?: PortRead, read32?: PortRead): void;
  register_write(port: number, device: object, out8?: PortWrite, out16?: PortWrite, out32?: PortWrite): void;
}

/** @param seabios - directory with `bios.bin` and `vgabios-stdvga.bin` */
export async function createV86Emulator(seabios: string, disable_jit: boolean): Promise<Emulator> {
  const { bootSector, programs } = createGuestImage();
  const floppy = new Uint8Array(FLOPPY_BYTES);
  floppy.set(bootSector);
  floppy.set(programs, SECTOR_BYTES);
  const emulator = new V86({
    wasm_path: join(dirname(createRequire(import.meta.url).resolve('v86')), 'v86.wasm'),
    memory_size: RAM_BYTES,
    vga_memory_size: 2 << 20,
    bios: { buffer: buffer(join(seabios, 'bios.bin')) },
    vga_bios: { buffer: buffer(join(seabios, 'vgabios-stdvga.bin')) },
    fda: { buffer: floppy.buffer },
    boot_order: BOOT_ORDER,
    autostart: false,
    disable_jit,
    log_level: 0,
  });
  const control = new ControlPort();
  emulator.add_listener('serial0-output-byte', (byte) => control.hear(byte));
  await new Promise<void>((resolve) => emulator.add_listener('emulator-loaded', () => resolve()));
  const { io } = (emulator as unknown as V86Inside).v86.cpu;
  io.register_read(CONTROL_PORT, control, undefined, undefined, () => control.read(0));
  io.register_read(CONTROL_PORT + ARGUMENT_OFFSET, control, undefined, undefined, () =>
    control.read(ARGUMENT_OFFSET),
  );
  io.register_write(CONTROL_PORT, control, undefined, undefined, (result) => control.write(result));
  // The BIOS uses memory as it likes; what is written must wait until it has booted the floppy.
  await new Promise<void>((resolve) => {
    control.onIdle = resolve;
    void emulator.run();
  });
  await emulator.stop();
  control.onIdle = () => {};
  return {
    write: (paddr, bytes) => emulator.write_memory(bytes, paddr),
    run: async (job) => {
      const ended = new Promise<Sample>((resolve) => {
        control.onEnd = resolve;
      });
      control.give(job);
      await emulator.run();
      const sample = await ended;
      // The guest polls the port meanwhile; a stopped one costs the others nothing.
      await emulator.stop();
      return sample;
    },
  };
}

function buffer(path: string): ArrayBuffer {
  return new Uint8Array(readFileSync(path)).buffer;
}
