/* A byte-code interpreter: one switch, many indirect jumps, a stack in memory. */
#include "bench.h"

enum { PUSH, ADD, SUB, DUP, SWAP, LESS, JUMP_IF, LOAD, STORE, MUL, HALT };

/* for (i = 0, s = 1; i < 4000000; i = i + 1) s = s * 3 + i */
static const int program[] = {
  PUSH, 0, STORE, 0, PUSH, 1, STORE, 1,
  LOAD, 1, PUSH, 3, MUL, LOAD, 0, ADD, STORE, 1,
  LOAD, 0, PUSH, 1, ADD, DUP, STORE, 0,
  PUSH, 4000000, LESS, JUMP_IF, 8, HALT,
};

int main(void) {
  int stack[16], variables[4] = {0}, *top = stack;
  const int *at = program;
  for (;;) {
    switch (*at++) {
      case PUSH: *top++ = *at++; break;
      case ADD: top--, top[-1] = (int)((unsigned)top[-1] + (unsigned)top[0]); break;
      case SUB: top--, top[-1] = (int)((unsigned)top[-1] - (unsigned)top[0]); break;
      case MUL: top--, top[-1] = (int)((unsigned)top[-1] * (unsigned)top[0]); break;
      case DUP: top[0] = top[-1], top++; break;
      case SWAP: { int t = top[-1]; top[-1] = top[-2], top[-2] = t; break; }
      case LESS: top--, top[-1] = top[-1] < top[0]; break;
      case JUMP_IF: at = *--top ? program + *at : at + 1; break;
      case LOAD: *top++ = variables[*at++]; break;
      case STORE: variables[*at++] = *--top; break;
      case HALT: check((uint32_t)variables[1]); return report("bytecode");
    }
  }
}
