/* Code that is rewritten before each call: MOV EAX, imm32; RET. */
#include "bench.h"
#include <sys/mman.h>

int main(void) {
  unsigned char *code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  code[0] = 0xb8, code[5] = 0xc3;
  for (uint32_t i = 0; i < 200000; i++) {
    uint32_t word = i * 2654435761u;
    memcpy(code + 1, &word, 4);
    __asm__ volatile("" ::: "memory");
    check(((uint32_t(*)(void))code)());
  }
  return report("rewrite");
}
