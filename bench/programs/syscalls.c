/* System calls: getppid by int 0x80, or the time by the C library, which asks the vDSO. */
#include "bench.h"
#include <time.h>

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "vdso")) {
    struct timespec now;
    uint32_t calls = 0;
    for (; calls < 600000; calls++) clock_gettime(CLOCK_MONOTONIC, &now);
    check(calls);
    return report("vdso");
  }
  uint32_t calls = 0, result;
  for (; calls < 700000; calls++) __asm__ volatile("int $0x80" : "=a"(result) : "a"(64) : "memory");
  check(calls);
  return report("int80");
}
