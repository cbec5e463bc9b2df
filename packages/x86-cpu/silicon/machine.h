/* The machine that a vector runs on: the LDT and the pages, at fixed linear addresses (see README.md). */
#ifndef MACHINE_H
#define MACHINE_H

#include <asm/ldt.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 0x1000u

/* One run of pages that a vector may see; everything else below 0x50000000 is absent. */
struct region {
    uint32_t at, bytes;
    int writable, executable;
    uint8_t filler;
};

static const struct region REGIONS[] = {
    {0x20000000, 2 * PAGE, 1, 1, 0xcc},
    {0x30000000, 2 * PAGE, 1, 0, 0x00},
    {0x30002000, 1 * PAGE, 0, 0, 0x00},
    {0x30010000, 1 * PAGE, 1, 0, 0x00},
    {0x00007000, 2 * PAGE, 1, 0, 0x00},
    {0x00009000, 1 * PAGE, 0, 0, 0x00},
};
#define REGION_COUNT (sizeof REGIONS / sizeof REGIONS[0])

/* `contents` of struct user_desc: data, data that expands down, code. */
enum { DATA, EXPAND_DOWN, CODE };

struct descriptor {
    unsigned entry, base, limit, big, contents, no_write, absent;
};

/* Selector = entry * 8 + 7. For code, no_write means execute-only. */
static const struct descriptor LDT[] = {
    {0, 0x20000000, 0xffff, 0, CODE, 0, 0},
    {1, 0x30000000, 0x1fff, 0, DATA, 0, 0},
    {2, 0x30000000, 0x0fff, 1, DATA, 0, 0},
    {3, 0x30000000, 0x0fff, 1, EXPAND_DOWN, 0, 0},
    {4, 0x30000000, 0x1fff, 1, DATA, 1, 0},
    {5, 0x30010000, 0x0fff, 0, DATA, 0, 0},
    {6, 0x30000000, 0x1fff, 1, DATA, 0, 1},
    {7, 0x20000000, 0x1fff, 1, CODE, 1, 0},
    {8, 0x30010000, 0x0fff, 1, DATA, 0, 0},
    {10, 0x30000000, 0x07ff, 0, EXPAND_DOWN, 0, 0},
    {11, 0x20000000, 0x1fff, 1, CODE, 0, 0},
};

/* Pages that a vector may only read are written through this second mapping of them. */
#define BACK_DOOR 0x5d000000u

static void *map_at(uint32_t at, uint32_t bytes, int access, int file, uint32_t offset)
{
    int flags = MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_POPULATE;
    return mmap((void *)at, bytes, access, flags, file, offset);
}

/* All regions lie behind one another in one file and in the back door. */
static int map_regions(void)
{
    uint32_t offset = 0;
    int file = syscall(SYS_memfd_create, "machine", 0);
    for (unsigned i = 0; i < REGION_COUNT; i++)
        offset += REGIONS[i].bytes;
    if (ftruncate(file, offset) != 0 ||
        map_at(BACK_DOOR, offset, PROT_READ | PROT_WRITE, file, 0) != (void *)BACK_DOOR)
        return 0;
    offset = 0;
    for (unsigned i = 0; i < REGION_COUNT; i++) {
        const struct region *r = &REGIONS[i];
        int access = PROT_READ | (r->writable ? PROT_WRITE : 0) | (r->executable ? PROT_EXEC : 0);
        if (map_at(r->at, r->bytes, access, file, offset) != (void *)r->at)
            return 0;
        offset += r->bytes;
    }
    return 1;
}

/* Writes a byte of any region; bytes outside them are dropped. */
static void poke(uint32_t at, uint8_t byte)
{
    uint32_t offset = 0;
    for (unsigned i = 0; i < REGION_COUNT; i++) {
        if (at - REGIONS[i].at < REGIONS[i].bytes)
            *(uint8_t *)(BACK_DOOR + offset + (at - REGIONS[i].at)) = byte;
        offset += REGIONS[i].bytes;
    }
}

/* Returns 0, or the number of the step that this host refuses. */
static int build_machine(void)
{
    if (!map_regions())
        return 1;
    for (unsigned i = 0; i < sizeof LDT / sizeof LDT[0]; i++) {
        const struct descriptor *d = &LDT[i];
        struct user_desc entry = {
            .entry_number = d->entry,
            .base_addr = d->base,
            .limit = d->limit,
            .seg_32bit = d->big,
            .contents = d->contents,
            .read_exec_only = d->no_write,
            .seg_not_present = d->absent,
        };
        if (syscall(SYS_modify_ldt, 0x11, &entry, sizeof entry) != 0)
            return 2;
    }
    return 0;
}

#endif
