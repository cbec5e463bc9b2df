/* Copies of memory in four ways, by the first argument: libc, rep, loop, sse. */
#include "bench.h"
#include <emmintrin.h>

#define BYTES (256 << 10)

static uint32_t from[BYTES / 4] __attribute__((aligned(16))), to[BYTES / 4] __attribute__((aligned(16)));

static void by_rep(void) {
  void *d = to;
  const void *s = from;
  size_t n = BYTES / 4;
  __asm__ volatile("rep movsl" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
}

static __attribute__((noinline, optimize("no-tree-loop-distribute-patterns"))) void by_loop(void) {
  for (volatile uint32_t *d = to, *s = from, *end = from + BYTES / 4; s < end;) *d++ = *s++;
}

static __attribute__((target("sse2"))) void by_sse(void) {
  for (int i = 0; i < BYTES / 16; i += 4) {
    __m128i a = _mm_load_si128((__m128i *)from + i), b = _mm_load_si128((__m128i *)from + i + 1);
    __m128i c = _mm_load_si128((__m128i *)from + i + 2), d = _mm_load_si128((__m128i *)from + i + 3);
    _mm_store_si128((__m128i *)to + i, a), _mm_store_si128((__m128i *)to + i + 1, b);
    _mm_store_si128((__m128i *)to + i + 2, c), _mm_store_si128((__m128i *)to + i + 3, d);
  }
}

static void by_libc(void) { memcpy(to, from, BYTES); }

int main(int argc, char **argv) {
  const char *way = argc > 1 ? argv[1] : "libc";
  void (*copy)(void) = !strcmp(way, "rep") ? by_rep : !strcmp(way, "loop") ? by_loop : !strcmp(way, "sse") ? by_sse : by_libc;
  int rounds = copy == by_loop ? 600 : 4000;
  for (int i = 0; i < BYTES / 4; i++) from[i] = next_random();
  for (int i = 0; i < rounds; i++) {
    from[(i * 97) % (BYTES / 4)] = (uint32_t)i;
    copy();
    if (i % 100 == 0) check(to[(i * 97) % (BYTES / 4)] + to[i]);
  }
  return report(way);
}
