/** What start_kernel does for i386: descriptors, traps, and the mapping of all low memory. */
import { KexecError, PAGE_SIZE, type PageAlloc, type PhysMem } from '@kexec/phys-mem';
import { __pa, _PAGE_GLOBAL, type LinearAddr, MAXMEM, mapLowmem } from '../../mm/pgtable.js';
import { type CpuInfo, X86_CR4_PGE, X86_CR4_PSE } from './cpu-features.js';
import type { GuestText } from './guest-text.js';
import { __KERNEL_DS, GDT_ENTRY_TSS, tss_struct, tssDescriptor } from './segment.js';
import { trapInit } from './traps.js';

/** What the steps work on. */
export interface SetupContext {
  readonly mem: PhysMem;
  readonly pages: PageAlloc;
  readonly text: GuestText;
  readonly features: CpuInfo;
  /** Linear address of a label of the kernel's image. */
  label(name: string): LinearAddr;
}

/** Fills the IDT, and the TSS for entries from ring 3; loads TR. @see arch/x86/kernel/cpu/common.c cpu_init() */
export function cpuInit({ mem, text, label }: SetupContext): void {
  trapInit(mem, label('idt_table'), label);
  const tss = tss_struct.encode({
    esp0: label('init_stack_end'),
    ss0: __KERNEL_DS,
    // No bitmap within the limit: ring 3 has no port at all.
    io_bitmap_base: tss_struct.sizeof,
  });
  mem.writeBytes(__pa(label('init_tss')), tss);
  const [low, high] = tssDescriptor(label('init_tss'));
  const entry = __pa(label('gdt_table')) + GDT_ENTRY_TSS * 8;
  mem.write32(entry, low);
  mem.write32(entry + 4, high);
  text.call(label('load_tr'), { eax: GDT_ENTRY_TSS * 8 });
}

/**
 * Maps low memory at PAGE_OFFSET, with 4 MB pages and global pages where the CPU has them, and takes head's
 * identity mapping away.
 *
 * @throws KexecError 'NO_MEMORY' when there is no page for a table
 * @see arch/x86/mm/init_32.c paging_init()
 */
export function pagingInit(context: SetupContext): void {
  const { mem, pages, text, features, label } = context;
  const swapper_pg_dir = __pa(label('swapper_pg_dir'));
  const { pse, pge } = features;
  const cr4 = (pse ? X86_CR4_PSE : 0) | (pge ? X86_CR4_PGE : 0);
  // A CPU without these has no CR4 either: to touch it is #UD.
  if (cr4) text.call(label('set_in_cr4'), { eax: cr4 });
  const end = Math.min(pages.memMap.max_pfn * PAGE_SIZE, MAXMEM);
  if (!mapLowmem({ mem, pages }, swapper_pg_dir, end, { pse, global: pge ? _PAGE_GLOBAL : 0 })) {
    throw new KexecError('NO_MEMORY', 'no pages for the page tables of the kernel', {
      remedy: 'give the machine more RAM',
    });
  }
  mem.write32(swapper_pg_dir, 0);
  mem.write32(swapper_pg_dir + 4, 0);
  text.call(label('load_cr3'), { eax: swapper_pg_dir });
}
