// refuse CALL=ERRNO ... -- PROGRAM ARGUMENTS: runs a program whose kernel refuses some calls, by a seccomp(2) filter.
// CALL: openat2, cachestat, memfd_create, collapse (madvise MADV_COLLAPSE) or lease (fcntl F_SETLEASE). ERRNO: a number.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif
#define RULES_MAX 16

enum { kCollapse = 25 };  // MADV_COLLAPSE, newer than most headers

static const struct {
  const char* name;
  long number;
  int argument;  // only where this one is `value`; -1: always
  unsigned value;
} calls[] = {
    {"openat2", SYS_openat2, -1, 0},          {"cachestat", SYS_cachestat, -1, 0}, {"memfd_create", SYS_memfd_create, -1, 0},
    {"collapse", SYS_madvise, 2, kCollapse}, {"lease", SYS_fcntl, 1, F_SETLEASE},
};

static struct sock_filter filter[RULES_MAX * 5 + 1];
static size_t filled;

static void add(unsigned short code, unsigned char if_true, unsigned char if_false, unsigned value) {
  filter[filled++] = (struct sock_filter)BPF_JUMP(code, value, if_true, if_false);
}

static int refuse(const char* rule) {
  const char* equals = strchr(rule, '=');
  for (size_t i = 0; equals != NULL && i < sizeof calls / sizeof *calls; ++i) {
    const size_t length = strlen(calls[i].name);
    if ((size_t)(equals - rule) != length || strncmp(rule, calls[i].name, length) != 0) continue;
    add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
    const int narrowed = calls[i].argument >= 0;
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, narrowed ? 3 : 1, (unsigned)calls[i].number);
    if (narrowed) {
      add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, args) + 8 * (unsigned)calls[i].argument);
      add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, calls[i].value);
    }
    add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | (unsigned)atoi(equals + 1));
    return 0;
  }
  fprintf(stderr, "refuse: unknown: %s\n", rule);
  return -1;
}

int main(int count, char** words) {
  int at = 1;
  for (; at < count && strcmp(words[at], "--") != 0; ++at) {
    if (at > RULES_MAX || refuse(words[at]) < 0) return 2;
  }
  add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
  struct sock_fprog program = {(unsigned short)filled, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
    perror("refuse: seccomp");
    return 2;
  }
  if (at + 1 < count) execvp(words[at + 1], words + at + 1);
  perror("refuse: exec");
  return 2;
}
