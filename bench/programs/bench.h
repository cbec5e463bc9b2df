/* What every program of the suite shares: a checksum that proves that the work was done, and was done right. */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a over words: order matters, and nothing can be left out. */
static uint32_t checksum = 2166136261u;

static inline void check(uint32_t word) { checksum = (checksum ^ word) * 16777619u; }

static inline int report(const char *name) {
  printf("%s %08x\n", name, checksum);
  return 0;
}

/* Numerical Recipes' generator: the same numbers everywhere. */
static uint32_t seed = 48;

static inline uint32_t next_random(void) {
  seed = seed * 1664525u + 1013904223u;
  return seed >> 8;
}

#endif
