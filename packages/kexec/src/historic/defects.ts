/** The defects of the patch for 2.5.48: when each shows, what follows, and how Linux mended it. */

/** One defect; all texts are for people. */
export interface HistoricDefect {
  readonly number: number;
  readonly title: string;
  readonly condition: string;
  readonly consequence: string;
  readonly mended: string;
  /** `both`: Linux 6.1, and so the fixed engine, has it too. `no`: nothing of it can be seen at run time. */
  readonly shows: 'historic' | 'both' | 'no';
}

type Row = readonly [
  shows: HistoricDefect['shows'],
  title: string,
  condition: string,
  consequence: string,
  mended: string,
];

const ROWS: readonly Row[] = [
  [
    'historic',
    'kmalloc() with its arguments swapped',
    'more than 32 segments',
    '0x1d0 bytes are allocated whatever the number of segments; the 33rd overwrites its neighbour on the heap',
    'KEXEC_SEGMENT_MAX is 16, and the array has room for them',
  ],
  [
    'historic',
    'the number of segments has no limit',
    'nr_segments of 0x10000000 and more',
    'nr_segments × 16 wraps to a small size; what the heap holds is read as segments',
    'more than KEXEC_SEGMENT_MAX is -EINVAL',
  ],
  [
    'historic',
    'a positive result',
    'the segment array cannot be read',
    'the number of bytes not read is returned, which callers take for success; nothing is loaded',
    '-EFAULT',
  ],
  ['historic', '-EIO for a bad pointer', "a segment's data cannot be read", '-EIO', '-EFAULT'],
  [
    'historic',
    'a list without a terminator',
    'an error after the first entry, on a machine whose free pages are not all zero',
    'kimage_free() walks what the page held before, and frees pages that are not its own',
    'pages of the list are cleared, and the word after the last is always 0',
  ],
  [
    'historic',
    'pages leak',
    'every load',
    'the last indirection page and the dummy page of the relocation code are never freed: two pages a load',
    'kimage_free() frees the last indirection page, and control pages have a list of their own',
  ],
  [
    'historic',
    'the destination stands still',
    'a segment of two pages or more whose pages were allocated among its destinations',
    'kimage_get_off_destination_pages() takes the first page for the destination of all; pages are lost',
    'each page is checked when it is allocated: kimage_alloc_page()',
  ],
  [
    'historic',
    'stale after a swap',
    'two pages that are in each other’s place',
    'page and entry still name what was moved away; the wrong page is copied',
    'kimage_alloc_page()',
  ],
  [
    'historic',
    'the walk loses its list',
    'an indirection page but the first is a destination of an earlier segment',
    'its words are moved and the walk goes on in the old page, which holds image data by then',
    'kimage_alloc_page() gives no destination for an indirection page',
  ],
  [
    'no',
    'a check that is dead code',
    'always',
    'the limit that takes in a whole indirection page is overwritten in the next line',
    'removed with the pass',
  ],
  [
    'historic',
    'the end is written elsewhere',
    'the first indirection page is a destination',
    'IND_DONE goes into image data; the dummy page stays in the list and is copied over the running code',
    'control pages are allocated, not listed',
  ],
  [
    'historic',
    'unaligned destinations',
    'mem within a page',
    'as many bytes as the first page is short of are left out, and the last page is not written',
    '-EADDRNOTAVAIL unless mem and mem + memsz are page aligned',
  ],
  ['historic', 'bufsz beyond memsz', 'bufsz > memsz', 'accepted; the rest is dropped', '-EINVAL'],
  ['historic', 'overlap', 'two segments share a page', 'accepted; the later one wins', '-EINVAL'],
  [
    'historic',
    'a limit that nothing reaches',
    'mem + memsz beyond 4 GB',
    'accepted; the destination wraps to 0',
    '-EADDRNOTAVAIL',
  ],
  [
    'historic',
    'an offset that wraps',
    'memsz above 0xfffff000',
    'the loop starts again at 0 and ends with the last free page: -ENOMEM',
    'a segment, or all together, above half of RAM is -EINVAL',
  ],
  [
    'both',
    'destinations outside RAM',
    'mem in a hole or a device',
    'accepted; the copy goes nowhere, or into a device',
    'not mended: user space must look at the memory map',
  ],
  [
    'historic',
    'the search for unused pages',
    'memory that is full or reserved',
    'one page more than needed must be free, and the search goes on past the end of RAM',
    'control pages come from the allocator',
  ],
  [
    'historic',
    'a page that is chosen, not allocated',
    'the first pages of RAM are in use',
    'the relocation code is copied over the page tables in use: a triple fault',
    'kimage_alloc_control_pages()',
  ],
  [
    'historic',
    'quadratic work',
    'large images',
    'for each page all earlier ones are looked at, twice: 2.7·10⁸ words for 64 MB',
    'each page is looked at once',
  ],
  [
    'historic',
    'who may load, and how many at once',
    'CAP_SYS_BOOT without CAP_SYS_ADMIN; two callers',
    '-EPERM; two loads may run at the same time, joined by an exchange alone',
    'CAP_SYS_BOOT, and -EBUSY while another load is under way',
  ],
  [
    'no',
    'the prototype',
    'compiling',
    'the header declares another function than is defined',
    'one prototype',
  ],
  [
    'no',
    'operands of inline assembly',
    'compiling',
    'LIDT and LGDT name their operand as an output, and load_segments() names no clobbers; it works by luck',
    'inputs are inputs',
  ],
  [
    'historic',
    'mapped when it is too late',
    'no free page at the time of the jump; no address space',
    'the control page is not mapped, nobody looks, and the call to it is a triple fault',
    'page tables are prepared when the image is loaded: machine_kexec_prepare()',
  ],
  [
    'both',
    'no IDT',
    'any exception between LIDT and the new kernel’s own IDT',
    'a triple fault: the machine resets without a word',
    'not mended; purgatory brings a GDT, not an IDT',
  ],
  [
    'historic',
    'CR4 on every processor',
    'a 386, or a 486 without CR4',
    'MOV CR4 is #UD, and so a triple fault',
    'CR4 is touched where there is one',
  ],
  [
    'historic',
    'a stack that ends at the page',
    'a new kernel that reads [esp]',
    'the word lies in whatever page comes next',
    'a word is pushed first',
  ],
  [
    'no',
    'a list that must begin with a page',
    'a head that is no indirection',
    'the code takes its address for a page of the list; no load makes such a head',
    'the head itself is the first word that is looked at',
  ],
  [
    'both',
    'what is left as it was',
    'always',
    'CR0.NE and MP, debug registers, FPU, task register, MSRs and other processors',
    'in part: other processors and interrupt controllers are shut down before',
  ],
  [
    'historic',
    'the image is taken first',
    'a notifier or a driver that fails',
    'by then nothing is loaded any more; and arg must be 0',
    'the image stays in place until the jump',
  ],
];

/** The defects by number, from 1. */
export const HISTORIC_DEFECTS: readonly HistoricDefect[] = ROWS.map(
  ([shows, title, condition, consequence, mended], index) => ({
    number: index + 1,
    title,
    condition,
    consequence,
    mended,
    shows,
  }),
);
