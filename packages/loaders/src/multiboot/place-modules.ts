/** Multiboot modules: files beside the kernel, each on a page boundary of its own. */
import { EXTENDED_MEMORY_PADDR, PAGE_SIZE, type PhysAddr } from '@kexec/phys-mem';
import type { LoadModule } from '../load-plan.js';
import { PLACEMENT_END } from '../memory-ranges.js';
import type { Placement } from '../placement.js';

/** A module in its place. */
export interface PlacedModule {
  readonly mod_start: PhysAddr;
  /** The address after its last byte. */
  readonly mod_end: PhysAddr;
  readonly commandLine: string;
}

/**
 * Places each module at the lowest hole above the first megabyte.
 *
 * Departure: kexec-tools begins at 0, and puts a small module on top of the interrupt vectors.
 *
 * @throws LoaderError `TOO_LITTLE_MEMORY`, `NO_HOLE`
 */
export function placeModules(modules: readonly LoadModule[] = [], placement: Placement): PlacedModule[] {
  return modules.map(({ bytes, commandLine }, index) => {
    const { mem } = placement.locate(
      {
        name: `module ${index}`,
        // An empty module has an address too.
        memsz: Math.max(bytes.length, 1),
        align: PAGE_SIZE,
        min: EXTENDED_MEMORY_PADDR,
        end: PLACEMENT_END,
        from: 'low',
      },
      bytes,
    );
    return { mod_start: mem, mod_end: mem + bytes.length, commandLine };
  });
}
