/* What the generator writes for record.c, and what record.c answers; little-endian, no padding. */
#ifndef VECTOR_H
#define VECTOR_H

#include <stdint.h>

/* General registers in ModRM order: eax ecx edx ebx esp ebp esi edi. Segments: es cs ss ds fs gs. */
struct state {
    uint32_t regs[8];
    uint32_t eip, eflags;
    uint16_t seg[6];
} __attribute__((packed));

/* Bytes of memory at a linear address; `length` bytes follow. */
struct bytes_at {
    uint32_t at;
    uint16_t length;
} __attribute__((packed));

/*
 * One vector: this, then `patches` times struct bytes_at with its bytes (the instruction among them),
 * then, if has_fx is set, the 512 bytes of an FXSAVE image.
 */
struct input {
    struct state state;
    uint8_t patches, has_fx;
} __attribute__((packed));

/* Its outcome: this, then `changes` times struct bytes_at with its bytes, then the FXSAVE image if asked. */
struct output {
    struct state state;
    uint32_t error_code, cr2;
    uint8_t trapno; /* TIMED_OUT: the instruction never ended */
    uint8_t changes;
} __attribute__((packed));

#define TIMED_OUT 0xff
#define FX_BYTES 512

#endif
