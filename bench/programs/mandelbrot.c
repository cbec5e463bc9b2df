/* The Mandelbrot set: short loops of dependent double arithmetic and compares. */
#include "bench.h"

int main(void) {
  for (int py = 0; py < 200; py++)
    for (int px = 0; px < 300; px++) {
      double cx = px / 100.0 - 2, cy = py / 100.0 - 1, x = 0, y = 0;
      uint32_t n = 0;
      for (; n < 300 && x * x + y * y < 4; n++) {
        double t = x * x - y * y + cx;
        y = 2 * x * y + cy, x = t;
      }
      check(n);
    }
  return report("mandelbrot");
}
