/* Two processes that hand a word to and fro through pipes. */
#include "bench.h"
#include <unistd.h>

int main(void) {
  int there[2], back[2];
  uint32_t word = 0;
  if (pipe(there) || pipe(back)) return 1;
  if (fork() == 0) {
    close(there[1]);
    while (read(there[0], &word, 4) == 4) {
      word = word * 5 + 1;
      if (write(back[1], &word, 4) != 4) break;
    }
    _exit(0);
  }
  for (int i = 0; i < 30000; i++) {
    if (write(there[1], &word, 4) != 4 || read(back[0], &word, 4) != 4) return 1;
    check(word);
  }
  return report("pipes");
}
