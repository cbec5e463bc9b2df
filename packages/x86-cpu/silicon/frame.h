/* The i386 signal frame as the means to load and to read the whole user state of a processor. */
#ifndef FRAME_H
#define FRAME_H

#include <string.h>
#include <ucontext.h>
#include "vector.h"

/* What sigreturn takes over from the frame's EFLAGS; the rest it keeps as the handler has it. */
#define FRAME_EFLAGS 0x50dd5u

/* struct _fpstate_32 of the kernel: an FSAVE image of 112 bytes, then an FXSAVE image, then the XSAVE header. */
#define FSAVE_STATUS 4
#define FSAVE_TAGS 8
#define FSAVE_IP 12
#define FSAVE_OPCODE 18
#define FSAVE_DP 20
#define FSAVE_REGISTERS 28
#define FXSAVE_AT 112
#define XSTATE_BV_AT (FXSAVE_AT + FX_BYTES)

static void read_state(const ucontext_t *frame, struct state *out)
{
    static const uint8_t ORDER[8] = {REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI};
    static const uint8_t SEGMENTS[6] = {REG_ES, REG_CS, REG_SS, REG_DS, REG_FS, REG_GS};
    const greg_t *g = frame->uc_mcontext.gregs;
    for (int i = 0; i < 8; i++)
        out->regs[i] = g[ORDER[i]];
    for (int i = 0; i < 6; i++)
        out->seg[i] = g[SEGMENTS[i]];
    out->eip = g[REG_EIP];
    out->eflags = g[REG_EFL];
}

static void write_state(ucontext_t *frame, const struct state *in)
{
    static const uint8_t ORDER[8] = {REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI};
    static const uint8_t SEGMENTS[6] = {REG_ES, REG_CS, REG_SS, REG_DS, REG_FS, REG_GS};
    greg_t *g = frame->uc_mcontext.gregs;
    for (int i = 0; i < 8; i++)
        g[ORDER[i]] = in->regs[i];
    for (int i = 0; i < 6; i++)
        g[SEGMENTS[i]] = in->seg[i];
    g[REG_EIP] = in->eip;
    g[REG_EFL] = in->eflags & FRAME_EFLAGS;
    g[REG_UESP] = in->regs[4];
}

/* Tag of one register as FSAVE has it: 0 valid, 1 zero, 2 special, 3 empty. */
static unsigned full_tag(const uint8_t *fx, unsigned physical)
{
    unsigned top = (fx[3] >> 3) & 7;
    if (!(fx[4] & (1u << physical)))
        return 3;
    const uint8_t *st = fx + 32 + 16 * ((physical - top) & 7);
    unsigned exponent = (st[8] | st[9] << 8) & 0x7fff;
    uint32_t low, high;
    memcpy(&low, st, 4);
    memcpy(&high, st + 4, 4);
    if (exponent == 0)
        return (low | high) == 0 ? 1 : 2;
    return exponent == 0x7fff || !(high & 0x80000000u) ? 2 : 0;
}

/* The kernel takes x87 state from the FSAVE image, and MXCSR and XMM from the FXSAVE image behind it. */
static void write_fx(ucontext_t *frame, const uint8_t *fx)
{
    uint8_t *area = (uint8_t *)frame->uc_mcontext.fpregs;
    uint32_t tags = 0;
    for (unsigned i = 0; i < 8; i++)
        tags |= full_tag(fx, i) << (2 * i);
    memset(area, 0, FSAVE_REGISTERS);
    memcpy(area, fx, 2);
    memcpy(area + FSAVE_STATUS, fx + 2, 2);
    memcpy(area + FSAVE_TAGS, &tags, 4);
    memcpy(area + FSAVE_IP, fx + 8, 4);
    memcpy(area + FSAVE_OPCODE, fx + 6, 2);
    memcpy(area + FSAVE_DP, fx + 16, 4);
    for (unsigned i = 0; i < 8; i++)
        memcpy(area + FSAVE_REGISTERS + 10 * i, fx + 32 + 16 * i, 10);
    memcpy(area + FXSAVE_AT, fx, 416);
    area[XSTATE_BV_AT] |= 3;
}

/* For the return from a signal that ends no vector: the kernel leaves FOP out of the FSAVE image. */
static void keep_opcode(ucontext_t *frame)
{
    uint8_t *area = (uint8_t *)frame->uc_mcontext.fpregs;
    memcpy(area + FSAVE_OPCODE, area + FXSAVE_AT + 6, 2);
}

static void read_fx(const ucontext_t *frame, uint8_t *fx)
{
    memcpy(fx, (const uint8_t *)frame->uc_mcontext.fpregs + FXSAVE_AT, FX_BYTES);
}

#endif
