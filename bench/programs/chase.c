/* Dependent loads around one ring of pointers; the argument is its size in KB. */
#include "bench.h"

int main(int argc, char **argv) {
  uint32_t count = (uint32_t)(argc > 1 ? atoi(argv[1]) : 16) * 1024 / sizeof(void *);
  void **ring = malloc(count * sizeof *ring);
  uint32_t *order = malloc(count * sizeof *order);
  for (uint32_t i = 0; i < count; i++) order[i] = i;
  for (uint32_t i = count - 1; i > 0; i--) {
    uint32_t j = next_random() % (i + 1), t = order[i];
    order[i] = order[j], order[j] = t;
  }
  for (uint32_t i = 0; i < count; i++) ring[order[i]] = &ring[order[(i + 1) % count]];
  void **at = ring;
  for (uint32_t i = 0; i < 40000000; i++) at = *at;
  check((uint32_t)(at - ring));
  return report("chase");
}
