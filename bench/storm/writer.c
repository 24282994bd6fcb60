/*
 * The writers of the storm: rewrites files by one means until stdin ends, and logs every version.
 *
 *   writer MEANS LOG STAGING BASE_BYTES FIRST_NUMBER PAUSE_US PATH...
 *
 * Writes version 1 of every PATH (numbered from FIRST_NUMBER), says "ready" on stdout, waits for a byte on stdin, then
 * rewrites with pauses of 0 to 2 × PAUSE_US. The first file is rewritten most often, each next one a quarter as often:
 * some are restless, some are calm. LOG gets a line per version: file, version, the writer's delay in ns (-1: nothing was
 * asked of the kernel), CLOCK_MONOTONIC in ns when it had closed. STAGING is a folder on the same filesystem.
 *
 * A version is one 8-byte word over and over: version (32 bits), file (16), check (16), little-endian. Its length follows
 * from its number. content.ts says the same from the reader's side; the storm checks at the start of each row that they agree.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FILES_MAX = 64, LENGTHS = 17, LENGTH_STEP = 512, PIECES = 4, PIECE_BYTES_MAX = 262144, PATH_MAX_BYTES = 512 };

struct file {
  const char *path;
  uint16_t number;
  uint32_t version;
  char *map; /* mmap-before */
};

extern char **environ;
static char piece[PIECE_BYTES_MAX];
static size_t piece_bytes;
static size_t base_bytes;
static const char *staging;

static void check(int holds, const char *what) {
  if (holds) return;
  perror(what);
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static size_t length_of(uint32_t version) {
  return base_bytes + (size_t)LENGTH_STEP * (version * 7 % LENGTHS) - (size_t)LENGTH_STEP * (LENGTHS / 2);
}

static void fill_piece(const struct file *file) {
  uint16_t proof = (uint16_t)(file->version * 40503u ^ file->number * 25173u ^ 0x5ca1u);
  uint64_t word = file->version | (uint64_t)file->number << 32 | (uint64_t)proof << 48;
  for (size_t at = 0; at < piece_bytes; at += sizeof word) memcpy(piece + at, &word, sizeof word);
}

static void write_pieces(int fd, size_t length) {
  for (size_t at = 0; at < length;) {
    size_t wanted = length - at < piece_bytes ? length - at : piece_bytes;
    ssize_t written = pwrite(fd, piece, wanted, (off_t)at);
    check(written > 0 && written % 8 == 0, "pwrite");
    at += (size_t)written;
  }
}

static void write_whole(const char *path, size_t length) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  check(fd >= 0, path);
  write_pieces(fd, length);
  close(fd);
}

static int timed_open(const char *path, int flags, int64_t *delay_ns) {
  int64_t before = now_ns();
  int fd = open(path, flags | O_CLOEXEC);
  *delay_ns += now_ns() - before;
  check(fd >= 0, path);
  return fd;
}

static void stage(const struct file *file, char *path) {
  snprintf(path, PATH_MAX_BYTES, "%s/%u", staging, file->number);
  write_whole(path, length_of(file->version));
}

/* There is no open() of ours to time: the delay is that of the whole command. */
static int64_t command(char *const arguments[]) {
  int64_t before = now_ns();
  pid_t pid;
  int status;
  errno = posix_spawnp(&pid, arguments[0], NULL, NULL, arguments, environ);
  check(errno == 0, arguments[0]);
  check(waitpid(pid, &status, 0) == pid, "waitpid");
  if (status != 0) fprintf(stderr, "%s: wait status %d\n", arguments[0], status), exit(1);
  return now_ns() - before;
}

static int64_t by_pwrite(struct file *file) {
  int64_t delay_ns = 0;
  size_t length = length_of(file->version);
  int fd = timed_open(file->path, O_WRONLY, &delay_ns);
  write_pieces(fd, length);
  check(ftruncate(fd, (off_t)length) == 0, "ftruncate");
  close(fd);
  return delay_ns;
}

static int64_t by_truncate(struct file *file) {
  int64_t delay_ns = 0;
  int fd = timed_open(file->path, O_WRONLY | O_TRUNC, &delay_ns);
  write_pieces(fd, length_of(file->version));
  close(fd);
  return delay_ns;
}

static int64_t by_rdonly_truncate(struct file *file) {
  int64_t delay_ns = 0;
  close(timed_open(file->path, O_RDONLY | O_TRUNC, &delay_ns));
  int fd = timed_open(file->path, O_WRONLY, &delay_ns);
  write_pieces(fd, length_of(file->version));
  close(fd);
  return delay_ns;
}

static int64_t by_cp(struct file *file) {
  char path[PATH_MAX_BYTES];
  stage(file, path);
  return command((char *[]){"cp", path, (char *)file->path, NULL});
}

static int64_t by_shell(struct file *file) {
  char path[PATH_MAX_BYTES];
  stage(file, path);
  return command((char *[]){"sh", "-c", "cat \"$0\" > \"$1\"", path, (char *)file->path, NULL});
}

static int64_t by_rsync(struct file *file) {
  char path[PATH_MAX_BYTES];
  stage(file, path);
  /* Without --ignore-times it skips a version of the same length in the same second. */
  return command((char *[]){"rsync", "--inplace", "--no-whole-file", "--ignore-times", path, (char *)file->path, NULL});
}

static int64_t by_rename(struct file *file) {
  char path[PATH_MAX_BYTES];
  stage(file, path);
  int64_t before = now_ns();
  check(rename(path, file->path) == 0, "rename");
  return now_ns() - before;
}

static void store(char *map, size_t length) {
  for (size_t at = 0; at < length; at += piece_bytes) memcpy(map + at, piece, length - at < piece_bytes ? length - at : piece_bytes);
}

static int64_t by_mmap_after(struct file *file) {
  int64_t delay_ns = 0;
  size_t length = length_of(file->version);
  int fd = timed_open(file->path, O_RDWR, &delay_ns);
  check(ftruncate(fd, (off_t)length) == 0, "ftruncate");
  char *map = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  check(map != MAP_FAILED, "mmap");
  store(map, length);
  munmap(map, length);
  close(fd);
  return delay_ns;
}

static int64_t by_mmap_before(struct file *file) {
  store(file->map, length_of(file->version));
  return -1;
}

static void map_before(struct file *file) {
  size_t length = length_of(file->version);
  int fd = open(file->path, O_RDWR | O_CLOEXEC);
  check(fd >= 0, file->path);
  file->map = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  check(file->map != MAP_FAILED, "mmap");
  close(fd);
}

/* step: a mapping cannot grow, so each version of mmap-before has the length of the first. */
static const struct means {
  const char *name;
  int64_t (*rewrite)(struct file *);
  uint32_t step;
} MEANS[] = {
    {"pwrite", by_pwrite, 1},           {"truncate", by_truncate, 1},       {"cp", by_cp, 1},
    {"shell", by_shell, 1},             {"mmap-after", by_mmap_after, 1},   {"mmap-before", by_mmap_before, LENGTHS},
    {"rdonly-trunc", by_rdonly_truncate, 1}, {"rsync", by_rsync, 1},        {"rename", by_rename, 1},
};

static const struct means *means_named(const char *name) {
  for (size_t i = 0; i < sizeof MEANS / sizeof MEANS[0]; i++)
    if (strcmp(MEANS[i].name, name) == 0) return &MEANS[i];
  fprintf(stderr, "no means \"%s\"\n", name);
  exit(2);
}

/* True when stdin has ended: the storm is over. */
static int paused(long pause_us) {
  struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
  long us = pause_us > 0 ? random() % (2 * pause_us) : 0;
  struct timespec wait = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
  return ppoll(&in, 1, &wait, NULL) > 0;
}

int main(int count, char **arguments) {
  static struct file files[FILES_MAX];
  char byte;

  if (count < 8 || count - 7 > FILES_MAX) return fprintf(stderr, "usage: writer MEANS LOG STAGING BASE_BYTES FIRST_NUMBER PAUSE_US PATH...\n"), 2;
  const struct means *means = means_named(arguments[1]);
  FILE *log = fopen(arguments[2], "w");
  check(log != NULL, arguments[2]);
  staging = arguments[3];
  base_bytes = strtoul(arguments[4], NULL, 10);
  piece_bytes = base_bytes / PIECES < PIECE_BYTES_MAX ? base_bytes / PIECES : PIECE_BYTES_MAX;
  size_t file_count = (size_t)count - 7;
  for (size_t i = 0; i < file_count; i++) {
    files[i] = (struct file){.path = arguments[7 + i], .number = (uint16_t)(strtoul(arguments[5], NULL, 10) + i), .version = 1};
    fill_piece(&files[i]);
    write_whole(files[i].path, length_of(1));
    if (means->rewrite == by_mmap_before) map_before(&files[i]);
  }
  srandom((unsigned)getpid());
  puts("ready");
  fflush(stdout);
  if (read(STDIN_FILENO, &byte, 1) != 1) return 0;
  while (!paused(strtol(arguments[6], NULL, 10))) {
    size_t chosen = 0;
    while (chosen + 1 < file_count && random() % 4 == 0) chosen++;
    struct file *file = &files[chosen];
    file->version += means->step;
    fill_piece(file);
    int64_t delay_ns = means->rewrite(file);
    fprintf(log, "%u %u %lld %lld\n", file->number, file->version, (long long)delay_ns, (long long)now_ns());
  }
  return fclose(log) == 0 ? 0 : 1;
}
