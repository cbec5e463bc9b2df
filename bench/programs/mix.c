/* A list, a matrix and a state machine with a CRC over each: the shape of CoreMark, in our own words. */
#include "bench.h"

#define NODES 200
#define N 24

struct node {
  struct node *next;
  int16_t value, index;
};

static struct node nodes[NODES];
static int16_t a[N][N], b[N][N];
static int32_t c[N][N];

static uint16_t crc16(uint16_t crc, uint16_t word) {
  for (int bit = 0; bit < 16; bit++, word >>= 1) crc = ((crc ^ word) & 1) ? (crc >> 1) ^ 0xa001 : crc >> 1;
  return crc;
}

static struct node *merge(struct node *x, struct node *y) {
  struct node head = {0}, *tail = &head;
  while (x && y) {
    struct node **least = x->value <= y->value ? &x : &y;
    tail->next = *least;
    tail = *least;
    *least = (*least)->next;
  }
  tail->next = x ? x : y;
  return head.next;
}

static struct node *sort(struct node *list) {
  if (!list || !list->next) return list;
  struct node *slow = list, *fast = list->next;
  while (fast && fast->next) slow = slow->next, fast = fast->next->next;
  struct node *half = slow->next;
  slow->next = 0;
  return merge(sort(list), sort(half));
}

static int scan(const char *text) {
  int state = 0, numbers = 0;
  for (; *text; text++) {
    int digit = *text >= '0' && *text <= '9';
    switch (state) {
      case 0: state = digit ? 1 : (*text == '-' ? 2 : 0); break;
      case 1: if (*text == '.') state = 3; else if (!digit) numbers++, state = 0; break;
      case 2: state = digit ? 1 : 0; break;
      default: if (!digit) numbers += 2, state = 0;
    }
  }
  return numbers;
}

int main(void) {
  const char *text = "12,3.14,-7,x9,5e,0.5.1,--3,42,,+8,1-2-3,99.9,end";
  for (int round = 0; round < 700; round++) {
    uint16_t crc = 0;
    for (int i = 0; i < NODES; i++) {
      nodes[i].value = (int16_t)next_random();
      nodes[i].index = (int16_t)i;
      nodes[i].next = i + 1 < NODES ? &nodes[i + 1] : 0;
    }
    for (struct node *node = sort(nodes); node; node = node->next) crc = crc16(crc, (uint16_t)node->index);
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) a[i][j] = (int16_t)(i * round + j), b[i][j] = (int16_t)(j - i);
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) {
        int32_t sum = 0;
        for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
        c[i][j] = sum;
      }
    for (int i = 0; i < N; i++) crc = crc16(crc, (uint16_t)c[i][(i * 7) % N]);
    for (int i = 0; i < 20; i++) crc = crc16(crc, (uint16_t)scan(text + (i & 3)));
    check(crc);
  }
  return report("mix");
}
