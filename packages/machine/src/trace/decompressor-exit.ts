/** Where a bzImage's decompressor may jump to: every place at which the kernel that it unpacks can be. */
import { SETUP_HEADER } from '@kexec/loaders';
import { PAGE_SIZE, type PhysAddr, type PhysMem } from '@kexec/phys-mem';

const HDRS_MAGIC = 0x5372_6448;
const PROTOCOL_2_05 = 0x0205;
const PROTOCOL_2_10 = 0x020a;
const ONE_MEGABYTE = 0x10_0000;

/**
 * Entries of the decompressed kernel. Where it goes, the decompressor alone decides – with CONFIG_RANDOMIZE_BASE at
 * random – but always at a multiple of kernel_alignment, or where it was linked to; and startup_32 is its first
 * instruction.
 *
 * @param bootParams - what ESI holds at the 32-bit entry
 * @returns nothing when there is no setup header
 * @see boot.rst "kernel_alignment", "pref_address"; arch/x86/boot/compressed/head_32.S
 */
export function kernelPlaces(mem: PhysMem, bootParams: PhysAddr): PhysAddr[] {
  if (bootParams > mem.ramBytes - PAGE_SIZE) return [];
  const field = ({ offset }: { readonly offset: number }) => mem.read32(bootParams + offset);
  if (field(SETUP_HEADER.header) !== HDRS_MAGIC) return [];
  const version = field(SETUP_HEADER.version) & 0xffff;
  const linked = version >= PROTOCOL_2_10 ? field(SETUP_HEADER.pref_address) : ONE_MEGABYTE;
  const alignment = version >= PROTOCOL_2_05 ? field(SETUP_HEADER.kernel_alignment) : 0;
  const places = new Set([linked]);
  if (alignment >= PAGE_SIZE)
    for (let place = alignment; place < mem.ramBytes; place += alignment) places.add(place);
  return [...places].filter((place) => place >= ONE_MEGABYTE && place < mem.ramBytes);
}
