// confine PROGRAM ARGUMENTS: runs a program under the rules of a seccomp profile, as a container runtime would. rules.h is made of
// the profile by test/6-deploy/seccomp.test.ts: a RULE for each call that is allowed, and ERRNO for the others.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

#define EVERY (-1)
// Only where the argument, masked, is this value; EVERY: whatever it is. Values are of the lower half of an argument.
#define RULE(name, argument, mask, value) {SYS_##name, argument, mask, value},

static const struct {
  long number;
  int argument;
  unsigned mask;
  unsigned value;
} rules[] = {
#include "rules.h"
};

static struct sock_filter filter[(sizeof rules / sizeof *rules) * 6 + 1];
static size_t filled;

static void jump(unsigned short code, unsigned char if_true, unsigned char if_false, unsigned value) {
  filter[filled++] = (struct sock_filter)BPF_JUMP(code, value, if_true, if_false);
}

int main(int count, char** words) {
  for (size_t i = 0; i < sizeof rules / sizeof *rules; ++i) {
    const int narrowed = rules[i].argument != EVERY;
    jump(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
    jump(BPF_JMP | BPF_JEQ | BPF_K, 0, narrowed ? 4 : 1, (unsigned)rules[i].number);
    if (narrowed) {
      jump(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, args) + 8 * (unsigned)rules[i].argument);
      jump(BPF_ALU | BPF_AND | BPF_K, 0, 0, rules[i].mask);
      jump(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, rules[i].value);
    }
    jump(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
  }
  jump(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ERRNO);
  struct sock_fprog program = {(unsigned short)filled, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
    perror("confine: seccomp");
    return 2;
  }
  if (count > 1) execvp(words[1], words + 1);
  perror("confine: exec");
  return 2;
}
