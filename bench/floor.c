/*
 * The C floor: what the kernel alone costs for one small answer. Bare epoll, recv, send of a fixed answer; nothing is
 * parsed, so one recv is taken for one request (true of wrk, which does not pipeline).
 *
 *   floor PORT ANSWER    ANSWER: a file with the whole answer, head and body, as pagecast puts it on the wire
 *
 * Edge-triggered, and a burst of recv before the burst of send: the cheapest of the four combinations by a hair (6.8 µs
 * against 6.9, 6.9 and 7.0 in medians of nine runs; the differences are inside the spread).
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_MAX = 512, ANSWER_BYTES_MAX = 65536, BACKLOG = 1024 };

static char answer[ANSWER_BYTES_MAX];
static size_t answer_bytes;

static void check(int holds, const char *what) {
  if (holds) return;
  perror(what);
  exit(1);
}

static void read_answer(const char *path) {
  FILE *file = fopen(path, "rb");
  check(file != NULL, path);
  answer_bytes = fread(answer, 1, sizeof answer, file);
  check(answer_bytes > 0, path);
  fclose(file);
}

static int listen_on(int port) {
  int one = 1;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  check(listener >= 0, "socket");
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* inherited by what it accepts */
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  check(bind(listener, (struct sockaddr *)&address, sizeof address) == 0, "bind");
  check(listen(listener, BACKLOG) == 0, "listen");
  return listener;
}

static void accept_all(int poll, int listener) {
  for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.fd = fd};
    check(epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
  }
}

int main(int count, char **arguments) {
  static struct epoll_event events[EVENTS_MAX];
  static int asked[EVENTS_MAX];
  static char request[16384];

  check(count == 3, "usage: floor PORT ANSWER");
  read_answer(arguments[2]);
  int listener = listen_on(atoi(arguments[1]));
  int poll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  check(epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event) == 0, "epoll_ctl");

  for (;;) {
    int ready = epoll_wait(poll, events, EVENTS_MAX, -1);
    int asking = 0;
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) accept_all(poll, listener);
      else if (recv(fd, request, sizeof request, 0) > 0) asked[asking++] = fd;
      else close(fd);
    }
    for (int i = 0; i < asking; i++) {
      /* A short send would break the framing: the answer fits any send buffer, so it is a bug or a dead peer. */
      if (send(asked[i], answer, answer_bytes, MSG_NOSIGNAL) != (ssize_t)answer_bytes) close(asked[i]);
    }
  }
}
