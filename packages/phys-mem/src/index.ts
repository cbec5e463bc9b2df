/** Physical memory of a PC: RAM, E820, MMIO, C structs, mem_map and the page allocator. */
export * from './code-pages.js';
export * from './gfp.js';
export * from './kexec-error.js';
export * from './mem-map.js';
export * from './memory-map.js';
export * from './page.js';
export * from './page-alloc.js';
export * from './phys-mem.js';
export * from './phys-mem-size.js';
export * from './range.js';
export * from './struct.js';
export * from './zone.js';
