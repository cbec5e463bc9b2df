/* The C library's qsort over a function pointer. */
#include "bench.h"

#define COUNT 300000

static int compare(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

int main(void) {
  uint32_t *numbers = malloc(COUNT * sizeof *numbers);
  for (int round = 0; round < 8; round++) {
    for (int i = 0; i < COUNT; i++) numbers[i] = next_random();
    qsort(numbers, COUNT, sizeof *numbers, compare);
    for (int i = 0; i < COUNT; i += 1000) check(numbers[i]);
  }
  return report("qsort");
}
