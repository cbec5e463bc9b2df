/* Matrices of doubles; built once for the x87 and once for SSE2. */
#include "bench.h"

#define N 160

static double a[N][N], b[N][N], c[N][N];

int main(void) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) a[i][j] = (i + 2 * j) % 17, b[i][j] = (3 * i - j) % 13;
  for (int round = 0; round < 25; round++) {
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) {
        double sum = 0;
        for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
        c[i][j] = sum;
      }
    a[round % N][7] = c[3][round % N] / 1024;
    check((uint32_t)(int64_t)c[round % N][(5 * round) % N]);
  }
  return report("matmul");
}
