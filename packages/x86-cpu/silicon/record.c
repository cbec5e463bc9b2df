/*
 * Runs single instructions natively and writes down what they did: record INPUT OUTPUT (see vector.h).
 *
 * Every vector begins as the return of a signal handler, whose frame holds the state wanted, and ends in that
 * handler again: by its own fault, or by an INT3 of those that fill the code pages around the instruction.
 * Build: gcc -m32 -O1 -static -o record record.c
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/time.h>
#include "frame.h"
#include "machine.h"
#include "vector.h"

/* Above all addresses that a vector may name, so that the buffers are out of its reach. */
#define INPUT_AT ((uint8_t *)0x60000000)
#define OUTPUT_AT ((uint8_t *)0x90000000)
#define OUTPUT_BYTES 0x40000000u
#define STACK_AT ((uint8_t *)0x5f000000)
#define STACK_BYTES 0x10000
#define SHADOW_AT ((uint8_t *)0x5e000000)
/* linux/signal.h */
#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif
#define TICK_MICROSECONDS 50000

static const uint8_t *next_input = INPUT_AT, *input_end;
static uint8_t *next_output = OUTPUT_AT;
static struct state home;
static const struct input *running;
static unsigned ticks;

/* Loads EFLAGS; sigreturn leaves the bits outside FRAME_EFLAGS (ID, NT) as they are here. */
static void load_eflags(uint32_t eflags)
{
    __asm__ volatile("pushl %0\n\tpopfl" : : "r"(eflags) : "cc", "memory");
}

/* Puts the memory of the next vector in place and remembers it. */
static void lay_out(const struct input *in)
{
    const uint8_t *at = (const uint8_t *)(in + 1);
    uint8_t *back = (uint8_t *)BACK_DOOR;
    for (unsigned i = 0; i < REGION_COUNT; back += REGIONS[i].bytes, i++)
        memset(back, REGIONS[i].filler, REGIONS[i].bytes);
    for (unsigned i = 0; i < in->patches; i++) {
        const struct bytes_at *patch = (const struct bytes_at *)at;
        for (unsigned k = 0; k < patch->length; k++)
            poke(patch->at + k, ((const uint8_t *)(patch + 1))[k]);
        at += sizeof *patch + patch->length;
    }
    memcpy(SHADOW_AT, (void *)BACK_DOOR, back - (uint8_t *)BACK_DOOR);
}

/* Appends each run of changed bytes; returns how many. Runs less than four bytes apart are one. */
static unsigned write_changes(void)
{
    unsigned changes = 0;
    const uint8_t *shadow = SHADOW_AT;
    for (unsigned i = 0; i < REGION_COUNT; shadow += REGIONS[i].bytes, i++) {
        const uint8_t *now = (const uint8_t *)REGIONS[i].at;
        if (!REGIONS[i].writable)
            continue;
        for (unsigned k = 0; k < REGIONS[i].bytes; k++) {
            if (!(k & 3) && *(const uint32_t *)(now + k) == *(const uint32_t *)(shadow + k)) {
                k += 3;
                continue;
            }
            if (now[k] == shadow[k])
                continue;
            unsigned end = k + 1;
            for (unsigned m = end; m < REGIONS[i].bytes && m < end + 4; m++)
                if (now[m] != shadow[m])
                    end = m + 1;
            struct bytes_at *run = (struct bytes_at *)next_output;
            run->at = REGIONS[i].at + k;
            run->length = end - k;
            memcpy(run + 1, now + k, end - k);
            next_output += sizeof *run + run->length;
            changes++;
            k = end - 1;
        }
    }
    return changes;
}

static void write_outcome(int signal_number, const ucontext_t *frame)
{
    struct output *out = (struct output *)next_output;
    next_output += sizeof *out;
    read_state(frame, &out->state);
    out->trapno = signal_number == SIGALRM ? TIMED_OUT : frame->uc_mcontext.gregs[REG_TRAPNO];
    out->error_code = frame->uc_mcontext.gregs[REG_ERR];
    out->cr2 = frame->uc_mcontext.cr2;
    out->changes = write_changes();
    if (running->has_fx) {
        read_fx(frame, next_output);
        next_output += FX_BYTES;
    }
}

/* The end of one vector and the beginning of the next. Touches no TLS: FS and GS are the vector's. */
static void on_signal(int signal_number, siginfo_t *info, void *context)
{
    ucontext_t *frame = context;
    load_eflags(0x202);
    if (running) {
        if (signal_number == SIGALRM && ++ticks < 3) {
            keep_opcode(frame);
            return;
        }
        write_outcome(signal_number, frame);
    } else if (signal_number == SIGUSR1) {
        read_state(frame, &home);
    } else {
        return;
    }
    ticks = 0;
    if (next_input >= input_end || next_output > OUTPUT_AT + OUTPUT_BYTES - 0x10000) {
        running = 0;
        write_state(frame, &home);
        return;
    }
    running = (const struct input *)next_input;
    next_input = (const uint8_t *)(running + 1);
    for (unsigned i = 0; i < running->patches; i++)
        next_input += sizeof(struct bytes_at) + ((const struct bytes_at *)next_input)->length;
    lay_out(running);
    write_state(frame, &running->state);
    if (running->has_fx) {
        write_fx(frame, next_input);
        next_input += FX_BYTES;
    }
    load_eflags(0x202 | (running->state.eflags & ~FRAME_EFLAGS & 0x204000));
}

static void *reserve(uint8_t *at, unsigned bytes)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
    return mmap(at, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
}

static int read_input(const char *path)
{
    struct stat status;
    int file = open(path, O_RDONLY);
    if (file < 0 || fstat(file, &status) != 0)
        return 0;
    input_end = INPUT_AT + status.st_size;
    int flags = MAP_PRIVATE | MAP_FIXED_NOREPLACE | MAP_POPULATE;
    return mmap(INPUT_AT, status.st_size, PROT_READ, flags, file, 0) == INPUT_AT;
}

/* A vector's ESP may by chance lie in the handler's stack: SS_AUTODISARM has the kernel not care. */
static void handle_signals(void)
{
    static const int SIGNALS[] = {SIGSEGV, SIGTRAP, SIGILL, SIGFPE, SIGBUS, SIGALRM, SIGUSR1};
    stack_t stack = {.ss_sp = STACK_AT, .ss_size = STACK_BYTES, .ss_flags = SS_AUTODISARM};
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigfillset(&action.sa_mask);
    sigaltstack(&stack, 0);
    for (unsigned i = 0; i < sizeof SIGNALS / sizeof SIGNALS[0]; i++)
        sigaction(SIGNALS[i], &action, 0);
}

static int fail(const char *what)
{
    fprintf(stderr, "record: %s\n", what);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return fail("usage: record INPUT OUTPUT");
    // A mapping that the kernel places at random could lie where a vector expects nothing.
    if (!(personality(0xffffffff) & ADDR_NO_RANDOMIZE)) {
        personality(ADDR_NO_RANDOMIZE);
        execv("/proc/self/exe", argv);
        return fail("cannot run without address space randomisation");
    }
    if (!read_input(argv[1]))
        return fail("cannot read the input");
    if (reserve(OUTPUT_AT, OUTPUT_BYTES) != OUTPUT_AT || reserve(STACK_AT, STACK_BYTES) != STACK_AT ||
        reserve(SHADOW_AT, 0x10000) != SHADOW_AT)
        return fail("cannot place the buffers");
    switch (build_machine()) {
    case 1:
        return fail("cannot map the pages: run as root, or set vm.mmap_min_addr to 4096");
    case 2:
        return fail("modify_ldt refused: a kernel with CONFIG_MODIFY_LDT_SYSCALL and CONFIG_X86_16BIT is needed");
    }
    handle_signals();
    struct itimerval tick = {{0, TICK_MICROSECONDS}, {0, TICK_MICROSECONDS}};
    setitimer(ITIMER_REAL, &tick, 0);
    // All vectors run inside this call: the handler comes back to it after the last one.
    raise(SIGUSR1);
    int file = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    for (uint8_t *at = OUTPUT_AT; at < next_output;) {
        ssize_t wrote = write(file, at, next_output - at);
        if (wrote <= 0)
            return fail("cannot write the output");
        at += wrote;
    }
    return close(file);
}
