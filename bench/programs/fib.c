/* Recursive Fibonacci: calls and returns, and nothing else. */
#include "bench.h"

static __attribute__((noinline, noclone)) uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

int main(void) {
  check(fib(37));
  return report("fib");
}
