/* Sieve of Eratosthenes: byte stores in strides over an array larger than a first-level cache. */
#include "bench.h"

#define LIMIT 2000000

static unsigned char composite[LIMIT + 1];

int main(void) {
  for (int round = 0; round < 30; round++) {
    memset(composite, 0, sizeof composite);
    uint32_t count = 0;
    for (int i = 2; i <= LIMIT; i++) {
      if (composite[i]) continue;
      count++;
      for (int j = 2 * i; j <= LIMIT; j += i) composite[j] = 1;
    }
    check(count);
  }
  return report("sieve");
}
