/* 64-bit arithmetic on 32 bits: ADC, SBB, MUL, SHLD, and division by the compiler's helpers. */
#include "bench.h"

int main(void) {
  uint64_t a = 0x9e3779b97f4a7c15ull, b = 1, c = 0;
  for (uint32_t i = 1; i < 12000000; i++) {
    a = a * 6364136223846793005ull + i;
    b ^= (a >> 29) | (a << 35);
    c += a - b;
    if ((i & 15) == 0) c += b / ((a >> 40) | 1);
  }
  check((uint32_t)c), check((uint32_t)(c >> 32));
  return report("arith64");
}
