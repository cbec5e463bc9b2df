/** Debian's own drivers on our devices: disks by ATA and virtio, network, entropy and console, by ports and by memory. */
import { createHash } from 'node:crypto';
import { type BlockBackend, createMachine } from '@kexec/machine';
import { expect, test } from 'vitest';
import { fixture } from './fixture.js';

const vmlinuz = fixture('vmlinuz');
const drivers = fixture('drivers.gz');

const DISK_BYTES = 4 << 20;
/** What the guest overwrites with zeroes: 64 blocks of 4 KB from block 100 on. */
const HOLE = { first: 100 * 4096, end: 164 * 4096 };
const SLICE = 10_000_000;
const LIMIT = 8_000_000_000;

/** The kernel's command line has room for a script, in which no double quote may be. */
const SCRIPT = [
  'cat /sys/class/ata_device/dev1.0/xfer_mode',
  `for d in sda vda; do
     dd if=/dev/$d bs=64k 2>/dev/null | md5sum;
     dd if=/dev/zero of=/dev/$d bs=4k seek=100 count=64 conv=fsync 2>/dev/null;
     echo 1 > /proc/sys/vm/drop_caches;
     dd if=/dev/$d bs=64k 2>/dev/null | md5sum; done`,
  'cat /sys/class/misc/hw_random/rng_current',
  'dd if=/dev/hwrng bs=16 count=1 2>/dev/null | wc -c',
  'ip link set eth0 up; udhcpc -i eth0 -n -q -s /bin/true 2>&1 | grep obtained',
  'ip addr add 10.0.2.15/24 dev eth0; ping -c 3 10.0.2.2 | grep received',
  'echo to the host > /dev/hvc0',
  'echo waiting; read line < /dev/hvc0; echo read $line',
  'grep -c virtio /proc/interrupts',
]
  .join('; ')
  .replace(/\s+/g, ' ');

/** A disk in memory that counts its flushes. */
class CountingDisk implements BlockBackend {
  readonly sectors = DISK_BYTES / 512;
  readonly bytes = pattern();
  flushes = 0;

  read(lba: number, bytes: Uint8Array): void {
    bytes.set(this.bytes.subarray(lba * 512, lba * 512 + bytes.length));
  }

  write(lba: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, lba * 512);
  }

  flush(): void {
    this.flushes++;
  }
}

/** Bytes without a period, the same in every run. */
function pattern(): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: DISK_BYTES }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state >>> 24;
  });
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

/** Boots, and types the line that the guest waits for. */
function boot(append: string) {
  const disks = [new CountingDisk(), new CountingDisk()] as const;
  let text = '';
  let console = '';
  const machine = createMachine({
    memory: '128M',
    onSerial: (byte) => {
      text += String.fromCharCode(byte);
    },
    onVirtioConsole: (byte) => {
      console += String.fromCharCode(byte);
    },
    disks: [{ image: disks[0] }, { image: disks[1], interface: 'virtio' }],
    net: true,
    seed: 1,
  });
  machine.load(vmlinuz ?? new Uint8Array(0), {
    append: `console=ttyS0,115200 quiet cryptomgr.notests ${append} run="${SCRIPT}"`,
    initrd: drivers ?? new Uint8Array(0),
  });
  machine.exec();
  let typed = false;
  for (let left = LIMIT; left > 0; left -= SLICE) {
    const stop = machine.run({ instructions: SLICE });
    if (stop.kind !== 'budget') return { text, console, disks, stop };
    if (typed || !/^waiting/m.test(text)) continue;
    typed = true;
    machine.pc.devices.pciBoard.console?.input(new TextEncoder().encode('from the host\n'));
  }
  return { text, console, disks, stop: undefined };
}

const WAYS = [
  { name: 'virtio version 1, ACPI and the I/O APIC', append: '', ends: 'power-off' },
  {
    name: 'legacy virtio, the 8259s and no ACPI',
    append: 'virtio_pci=force_legacy=1 acpi=off noapic nolapic',
    ends: 'halted-forever',
  },
] as const;

for (const { name, append, ends } of WAYS) {
  test.skipIf(!vmlinuz || !drivers)(
    `Linux's drivers read, write, flush, ping and type: ${name}`,
    () => {
      const { text, console, disks, stop } = boot(append);
      const lines = text.slice(text.indexOf('init: modules loaded')).split(/\r?\n/);
      const before = pattern();
      const after = pattern().fill(0, HOLE.first, HOLE.end);
      expect(lines.filter((line) => line.endsWith('  -')).map((line) => line.slice(0, 32))).toEqual([
        md5(before),
        md5(after),
        md5(before),
        md5(after),
      ]);
      for (const disk of disks) {
        expect(disk.bytes.findIndex((byte, i) => byte !== after[i])).toBe(-1);
        expect(disk.flushes).toBeGreaterThan(0);
      }
      const said = lines.join('\n');
      expect(said).toContain('XFER_MW_DMA_2');
      expect(said).toContain('virtio_rng.0\n16\n');
      expect(said).toContain('lease of 10.0.2.15 obtained from 10.0.2.2');
      expect(said).toContain('3 packets transmitted, 3 packets received');
      expect(said).toContain('read from the host');
      expect(console).toContain('to the host');
      expect(stop?.kind).toBe(ends);
    },
    1_800_000,
  );
}
