/* Calls through a table of functions, in an order that no cache of one target predicts. */
#include "bench.h"

typedef uint32_t operation(uint32_t);

static uint32_t f0(uint32_t x) { return x + 1; }
static uint32_t f1(uint32_t x) { return x ^ 0x55; }
static uint32_t f2(uint32_t x) { return x * 3; }
static uint32_t f3(uint32_t x) { return x >> 1; }
static uint32_t f4(uint32_t x) { return x - 7; }
static uint32_t f5(uint32_t x) { return ~x; }
static uint32_t f6(uint32_t x) { return x << 2; }
static uint32_t f7(uint32_t x) { return x | 16; }

int main(void) {
  operation *volatile table[8] = {f0, f1, f2, f3, f4, f5, f6, f7};
  uint32_t x = 1;
  for (uint32_t i = 0; i < 30000000; i++) x = table[(i ^ (i >> 3)) & 7](x);
  check(x);
  return report("indirect");
}
