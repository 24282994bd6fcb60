// Listening sockets: made and owned by the main thread, borrowed by engines.
#pragma once

#include <cstdint>
#include <string>

namespace pagecast {

struct ListenOptions {
  bool reuse_port = false;  // one listener a worker: the kernel spreads connections by address hash
  bool v6_only = true;
  int backlog = 4096;       // the kernel caps it at net.core.somaxconn
  std::string congestion_control;  // TCP_CONGESTION of what is accepted; empty: the system's
};

struct LocalAddress {
  std::string host;  // numeric; for unix sockets the path
  int port = -1;     // -1: not an IP socket
  int error = 0;     // -errno
};

// All return a descriptor (nonblocking, close-on-exec) or -errno.
int listen_tcp(const std::string& host, int port, const ListenOptions& options);
// A socket file that nobody answers on is replaced; one that is alive gives -EADDRINUSE, another file -EEXIST.
int listen_unix(const std::string& path, int mode, int backlog);
// A listening stream socket inherited from whoever started us.
int adopt_listener(int fd);
// Two ends of a connection within the process. 0 or -errno.
int socket_pair(int ends[2]);

LocalAddress local_address(int fd);
// Soft limit of open files raised to the hard one. The limit now in force, or -errno.
int64_t raise_file_limit();

}  // namespace pagecast
