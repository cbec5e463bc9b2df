/* Page faults: fresh pages touched and given back. */
#include "bench.h"
#include <sys/mman.h>

#define PAGES 2048

int main(void) {
  for (int round = 0; round < 60; round++) {
    char *pages = mmap(0, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < PAGES; i++) pages[i * 4096] = (char)i;
    check((uint32_t)pages[round * 4096]);
    munmap(pages, PAGES * 4096);
  }
  return report("faults");
}
