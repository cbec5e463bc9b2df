/* Processes made, ended and waited for. */
#include "bench.h"
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  for (int i = 0; i < 600; i++) {
    pid_t child = fork();
    if (child == 0) _exit(i & 63);
    int status = 0;
    waitpid(child, &status, 0);
    check((uint32_t)WEXITSTATUS(status));
  }
  return report("forks");
}
