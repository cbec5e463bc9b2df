/* Bodies that attract each other: adds, multiplies, square roots and divisions of doubles. */
#include "bench.h"
#include <math.h>

struct body { double x, y, z, vx, vy, vz, mass; };

static struct body bodies[5] = {
  {0, 0, 0, 0, 0, 0, 39.4},
  {4.84, -1.16, -0.10, 0.60, 2.81, -0.02, 0.0376},
  {8.34, 4.12, -0.40, -1.01, 1.82, 0.008, 0.0112},
  {12.89, -15.11, -0.22, 1.08, 0.86, -0.01, 0.0017},
  {15.37, -25.91, 0.17, 0.97, 0.59, -0.03, 0.0020},
};

int main(void) {
  for (int step = 0; step < 400000; step++) {
    for (int i = 0; i < 5; i++)
      for (int j = i + 1; j < 5; j++) {
        struct body *p = &bodies[i], *q = &bodies[j];
        double dx = p->x - q->x, dy = p->y - q->y, dz = p->z - q->z;
        double square = dx * dx + dy * dy + dz * dz, pull = 0.001 / (square * sqrt(square));
        p->vx -= dx * q->mass * pull, p->vy -= dy * q->mass * pull, p->vz -= dz * q->mass * pull;
        q->vx += dx * p->mass * pull, q->vy += dy * p->mass * pull, q->vz += dz * p->mass * pull;
      }
    for (int i = 0; i < 5; i++)
      bodies[i].x += 0.001 * bodies[i].vx, bodies[i].y += 0.001 * bodies[i].vy, bodies[i].z += 0.001 * bodies[i].vz;
  }
  for (int i = 0; i < 5; i++) check((uint32_t)(int64_t)(bodies[i].x * 1e6));
  return report("nbody");
}
