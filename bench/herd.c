/*
 * A herd of clients in one process: what a thousand of them see, without a client of JavaScript being what is measured.
 *
 *   herd PORT COUNT REQUEST BODY    REQUEST: a file with the request; BODY: one with the body of the only right answer
 *
 * Connects all to 127.0.0.1 and says "ready"; on a line of stdin all of them ask at once. An answer has a head of 200 and ends with
 * the last byte of BODY, with which each byte is compared. Ends with one line of JSON: HerdReport in cache-herd.ts; times are
 * CLOCK_MONOTONIC, in milliseconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_MAX = 512, HEAD_BYTES_MAX = 4096, READ_BYTES = 256 * 1024 };

struct client {
  int fd;
  size_t head_bytes; /* 0: the body has begun */
  size_t received;   /* of the body */
  char head[HEAD_BYTES_MAX];
};

struct report {
  double first_body_byte_max, end_min, end_max;
  int complete;
  char failure[256];
};

static struct report report;
static char *body, *request;
static size_t body_bytes, request_bytes;

static void check(int holds, const char *what) {
  if (holds) return;
  perror(what);
  exit(1);
}

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static char *read_file(const char *path, size_t *bytes) {
  FILE *file = fopen(path, "rb");
  check(file != NULL && fseek(file, 0, SEEK_END) == 0, path);
  *bytes = ftell(file);
  rewind(file);
  char *content = malloc(*bytes + 1);
  check(content != NULL && fread(content, 1, *bytes, file) == *bytes, path);
  fclose(file);
  return content;
}

/* Of those that were not answered as they should, the first one's reason is told. */
static int failed(const char *why) {
  if (report.failure[0] == 0) snprintf(report.failure, sizeof report.failure, "%s", why);
  return 1;
}

/* Returns 1 when the client has ended. */
static int take_body(struct client *client, const char *bytes, size_t length) {
  if (length == 0) return 0;
  double now = now_ms();
  if (client->received == 0 && now > report.first_body_byte_max) report.first_body_byte_max = now;
  if (length > body_bytes - client->received || memcmp(bytes, body + client->received, length) != 0) return failed("the body differs");
  client->received += length;
  if (client->received < body_bytes) return 0;
  if (report.complete++ == 0) report.end_min = now;
  report.end_max = now;
  return 1;
}

static int take(struct client *client, const char *bytes, size_t length) {
  if (client->received > 0) return take_body(client, bytes, length);
  if (length > HEAD_BYTES_MAX - 1 - client->head_bytes) {
    /* The end of a head that came in pieces, or with it more body than fits: no head is that long. */
    size_t piece = HEAD_BYTES_MAX - 1 - client->head_bytes;
    return take(client, bytes, piece) || take(client, bytes + piece, length - piece);
  }
  memcpy(client->head + client->head_bytes, bytes, length);
  client->head_bytes += length;
  client->head[client->head_bytes] = 0;
  char *end = memmem(client->head, client->head_bytes, "\r\n\r\n", 4);
  if (end == NULL) return client->head_bytes == HEAD_BYTES_MAX - 1 ? failed("a head without an end") : 0;
  if (strncmp(client->head, "HTTP/1.1 200 ", 13) != 0) return failed("not a 200");
  size_t head_bytes = end + 4 - client->head;
  size_t more = client->head_bytes - head_bytes;
  client->head_bytes = head_bytes;
  return take_body(client, client->head + head_bytes, more);
}

static void open_all(struct client *clients, int count, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (int i = 0; i < count; i++) {
    clients[i].fd = socket(AF_INET, SOCK_STREAM, 0);
    check(clients[i].fd >= 0 && connect(clients[i].fd, (struct sockaddr *)&address, sizeof address) == 0, "connect");
  }
}

int main(int argc, char **argv) {
  check(argc == 5, "usage: herd PORT COUNT REQUEST BODY");
  int count = atoi(argv[2]);
  request = read_file(argv[3], &request_bytes);
  body = read_file(argv[4], &body_bytes);
  struct client *clients = calloc(count, sizeof *clients);
  char *buffer = malloc(READ_BYTES);
  int epoll = epoll_create1(0);
  check(clients != NULL && buffer != NULL && epoll >= 0, "herd");
  open_all(clients, count, atoi(argv[1]));
  for (int i = 0; i < count; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[i]};
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &event) == 0, "epoll_ctl");
  }
  puts("ready");
  fflush(stdout);
  check(getchar() != EOF, "stdin");
  for (int i = 0; i < count; i++) check(send(clients[i].fd, request, request_bytes, MSG_NOSIGNAL) == (ssize_t)request_bytes, "send");
  for (int left = count; left > 0;) {
    struct epoll_event events[EVENTS_MAX];
    int ready = epoll_wait(epoll, events, EVENTS_MAX, -1);
    check(ready >= 0 || errno == EINTR, "epoll_wait");
    for (int i = 0; i < ready; i++) {
      struct client *client = events[i].data.ptr;
      ssize_t got = recv(client->fd, buffer, READ_BYTES, MSG_DONTWAIT);
      if (got < 0 && errno == EAGAIN) continue;
      if (got > 0 ? !take(client, buffer, got) : !failed(got < 0 ? strerror(errno) : "closed before its end")) continue;
      close(client->fd);
      left--;
    }
  }
  printf("{\"firstBodyByteMsMax\":%.3f,\"endMsMin\":%.3f,\"endMsMax\":%.3f,\"complete\":%d,\"failure\":", report.first_body_byte_max, report.end_min, report.end_max, report.complete);
  if (report.failure[0] == 0) puts("null}");
  else printf("\"%s\"}\n", report.failure);
  fflush(stdout);
  while (getchar() != EOF) continue; /* until it is told to end */
  return 0;
}
