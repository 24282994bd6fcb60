// One connection of an engine: its socket, what is to be sent, and which pages of files may still be on their way.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "files.h"
#include "kernel.h"
#include "tls_session.h"

namespace pagecast {

struct Pending;

// Pages of leased files that were handed to the kernel for one connection, and may still be read by it or by the peer.
struct SharedPages {
  struct One {
    File* file;  // one reference
    double end;  // the connection's bytes up to there
    // The peer's kernel has them. A peer across the network cannot lose them any more; one that may be on this host
    // has our pages in its receive queue until it reads them, and that nobody tells.
    bool acknowledged = false;
  };
  std::vector<One> all;
};

struct Connection {
  int fd = -1;
  uint32_t generation = 0;
  bool readable = false;    // an edge was seen and not read to its end
  bool writable = false;
  bool ended = false;       // FIN was seen and reported
  bool hung_up = false;     // EPOLLRDHUP: read on until 0
  bool lingering = false;   // everything is sent; input is thrown away until the peer closes
  bool queued = false;      // stands in the ready list
  bool waiting = false;     // stands in the list that the timer looks after
  bool sharing = false;     // stands in the list of those with shared pages
  bool borrowed = false;    // somebody else reads from it, and writes to it between our answers
  bool reading_ahead = false;
  int8_t nearness = -1;     // a Nearness, once it was asked for
  std::unique_ptr<std::deque<Pending>> pending;
  std::unique_ptr<SharedPages> shared;
  std::unique_ptr<TlsSession> tls;  // null: what it speaks is plain
  sockaddr_in6 address{};   // v4 fits; a unix peer has no name
};

// A connection that is closed for everybody but the kernel, which still sends from pages of leased files.
struct Leaving {
  int fd;
  double sent;
  Nearness nearness;
  std::unique_ptr<SharedPages> shared;
  int64_t until_ms;  // then it is reset
  bool borrowed;
};

}  // namespace pagecast
