/*
 * A client that shakes hands by TLS 1.3 and hangs up, over and over: `handshake HOST PORT SECONDS SUITE`. A handshake counts when
 * the server has given out a ticket, which it does when it is through with its part. Prints how many there were.
 */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int tickets;

static int ticket_came(SSL *ssl, SSL_SESSION *session) {
  (void)ssl;
  (void)session;
  tickets += 1;
  return 0;
}

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

/* Whether a ticket has come. The socket times out where none does. */
static int shake_hands(SSL_CTX *context, const struct sockaddr_in *server) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const struct timeval patience = {5, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  SSL *ssl = SSL_new(context);
  tickets = 0;
  int done = 0;
  if (connect(fd, (const struct sockaddr *)server, sizeof *server) == 0 && SSL_set_fd(ssl, fd) == 1 && SSL_connect(ssl) == 1) {
    char nothing;
    /* Without SSL_MODE_AUTO_RETRY it returns behind each message that is no data; or because it has lost its patience. */
    for (int messages = 0; tickets == 0 && messages < 4; messages += 1) {
      if (SSL_read(ssl, &nothing, 1) > 0 || SSL_get_error(ssl, -1) != SSL_ERROR_WANT_READ) break;
    }
    done = tickets > 0;
    SSL_shutdown(ssl);
  }
  SSL_free(ssl);
  close(fd);
  return done;
}

int main(int count, char **arguments) {
  if (count != 5) return 2;
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[2]))};
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (inet_pton(AF_INET, arguments[1], &server.sin_addr) != 1 || SSL_CTX_set_ciphersuites(context, arguments[4]) != 1) return 2;
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, ticket_came);
  const double end = seconds_now() + atof(arguments[3]);
  long handshakes = 0;
  for (; seconds_now() < end; handshakes += 1) {
    if (!shake_hands(context, &server)) return fprintf(stderr, "handshake %ld failed\n", handshakes + 1), 1;
  }
  printf("%ld\n", handshakes);
  return 0;
}
