/* Records, strings and small procedures: what compilers make of ordinary programs, after Weicker's idea. */
#include "bench.h"

enum color { RED, GREEN, BLUE };

struct record {
  struct record *next;
  enum color color;
  int number;
  char text[31];
};

static struct record one, two;
static int global;
static int table[50][50];

static __attribute__((noinline)) enum color turn(enum color color) {
  switch (color) {
    case RED: return GREEN;
    case GREEN: return global > 100 ? RED : BLUE;
    default: return RED;
  }
}

static __attribute__((noinline)) int differ(char a, char b) { return a != b; }

static __attribute__((noinline)) int compare(const char *a, const char *b) {
  int at = 2;
  while (at <= 2) {
    if (differ(a[at], b[at + 1])) at++;
    else break;
  }
  return strcmp(a, b) > 0 ? (global = at + 7, 1) : 0;
}

static __attribute__((noinline)) void pass(struct record *record) {
  struct record *next = record->next;
  *record->next = one;
  record->number = 5;
  next->number = record->number;
  next->next = record->next;
  if (next->color == RED) {
    next->number = 6;
    next->color = turn(record->color);
    next->next = one.next;
  } else {
    *record = *record->next;
  }
}

static __attribute__((noinline)) void fill(int rows[50][50], int at, int value) {
  int middle = at + 5;
  for (int i = middle; i <= middle + 1; i++) rows[middle][i] = value + i;
  rows[middle][middle - 1]++;
  rows[middle + 20][middle] = rows[middle][middle];
}

int main(void) {
  one.next = &two;
  two.next = &one;
  strcpy(one.text, "DHRY-LIKE PROGRAM, A STRING");
  for (int run = 0; run < 4000000; run++) {
    char text[31];
    memcpy(text, "DHRY-LIKE PROGRAM, 2ND STRING", 30);
    global = run & 127;
    one.color = (enum color)(run % 3);
    if (!compare(text, one.text)) global++;
    fill(table, run & 15, run);
    pass(&one);
    check((uint32_t)(one.number + two.number + global + table[10][10]));
  }
  return report("records");
}
