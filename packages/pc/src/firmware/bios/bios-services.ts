/** The BIOS's services: behind one port, by the number that the ROM's entry has pushed. */
import type { E820Entry, PhysMem } from '@kexec/phys-mem';
import type { BlockBackend } from '../../block/block-backend.js';
import type { PortBus, PortDevice } from '../../bus/port-bus.js';
import { BIOS_PADDR } from '../../memlayout.js';
import { BDA } from './bios-data.js';
import { bootService, noSystemService } from './boot-services.js';
import { clockServices } from './clock-services.js';
import { diskServices } from './disk-services.js';
import { KeyboardServices } from './keyboard-services.js';
import { pciService } from './pci-services.js';
import { setUpDevices, setUpMemory } from './post.js';
import { createBios } from './rom.js';
import { INNER_SERVICE, SERVICE_RESULT } from './rom.s.js';
import { serialService } from './serial-services.js';
import { FRAME_BYTES, type Functions, type GuestMemory, type Service, ServiceCall } from './service-call.js';
import { systemServices } from './system-services.js';
import { TextScreen } from './text-screen.js';
import { videoServices } from './video-services.js';

const PCI_BIOS = 0xb1;
const NOBODY = 0xff;
const PRINTER_TIMEOUT = 0x01;

/** The processor, as far as a service sees it: who calls, and the caller's memory. */
export interface BiosCaller extends GuestMemory {
  /** Base of CS. */
  readonly codeBase: number;
  /** Linear address of SS:SP. */
  readonly stack: number;
}

/** What the services work on. */
export interface BiosMachine {
  readonly mem: PhysMem;
  readonly ports: PortBus;
  readonly caller: BiosCaller;
  readonly e820: readonly E820Entry[];
  readonly disks: readonly BlockBackend[];
  /** Whether there is a PCI bus, whose devices are to be set up. */
  readonly pci: boolean;
  /** APM turns the machine off. */
  readonly powerOff: () => void;
}

/** The port that the ROM reads to have a service executed. */
export class BiosServices implements PortDevice {
  private readonly machine: BiosMachine;
  private readonly screen: TextScreen;
  private readonly services: Functions;

  constructor(machine: BiosMachine) {
    this.machine = machine;
    this.screen = new TextScreen(machine.mem, machine.ports);
    this.services = this.table();
  }

  /** Executes the service of the frame on the caller's stack. All ones for whoever is not the BIOS. */
  read(_offset: number): number {
    const { mem, caller } = this.machine;
    if (caller.codeBase !== BIOS_PADDR) return NOBODY;
    const { stack } = caller;
    const frame = caller.readLinear(stack, FRAME_BYTES);
    if (!frame) return NOBODY;
    const call = new ServiceCall(mem, caller, frame);
    if (this.services.get(call.service)?.(call) === 'wait') return SERVICE_RESULT.WAIT;
    caller.writeLinear(stack, frame);
    return SERVICE_RESULT.DONE;
  }

  write(_offset: number, _value: number): void {
    // Only reading means something.
  }

  /** Vectors, data areas, devices and screen, as after the power-on self-test. */
  powerOnSelfTest(): void {
    const { mem, ports, disks, pci } = this.machine;
    setUpMemory(mem);
    setUpDevices(ports, pci);
    mem.write8(BDA.DISKS, disks.length);
    this.screen.clear();
  }

  private table(): Functions {
    const { mem, ports, e820, disks, powerOff } = this.machine;
    const { screen } = this;
    const { labels } = createBios();
    const offsetOf = (label: string) => labels.get(label) ?? 0;
    const video = videoServices({ mem, ports, screen, capabilitiesOffset: offsetOf('video_capabilities') });
    const system = { mem, ports, e820, powerOff, configurationOffset: offsetOf('system_configuration') };
    const boot = { screen, disks, stopOffset: offsetOf('stop') };
    // Ctrl-Alt-Del: the keyboard controller pulses the reset line.
    const keyboard = new KeyboardServices(mem, () => ports.outb(0x64, 0xfe));
    const clock = clockServices(mem, ports);
    const pci = pciService(ports);
    return new Map<number, Service>([
      [0x10, (call) => video.get(call.ah)?.(call)],
      [
        0x11,
        (call) => {
          call.ax = mem.read16(BDA.EQUIPMENT);
        },
      ],
      [
        0x12,
        (call) => {
          call.ax = mem.read16(BDA.MEMORY_KB);
        },
      ],
      [0x13, diskServices(mem, disks)],
      [0x14, serialService(mem, ports)],
      [0x15, systemServices(system)],
      [0x16, keyboard.service],
      [
        0x17,
        (call) => {
          call.ah = PRINTER_TIMEOUT;
        },
      ],
      [0x18, noSystemService(boot)],
      [0x19, bootService(boot)],
      [0x1a, (call) => (call.ah === PCI_BIOS ? pci(call) : clock.get(call.ah)?.(call))],
      [INNER_SERVICE.POST, () => this.powerOnSelfTest()],
      [INNER_SERVICE.SCAN_CODE, keyboard.scanCode],
    ]);
  }
}
