#include "listen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace pagecast {
namespace {

int fail(int fd) {
  const int error = -errno;
  ::close(fd);
  return error;
}

int enable(int fd, int level, int option, int value = 1) { return ::setsockopt(fd, level, option, &value, sizeof value); }

// True when something answers on this socket file, or might: then it is not ours to replace.
bool is_alive(const sockaddr_un& address) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return true;
  const int result = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const bool dead = result < 0 && errno == ECONNREFUSED;
  ::close(probe);
  return !dead;
}

}  // namespace

int listen_tcp(const std::string& host, int port, const ListenOptions& options) {
  sockaddr_storage storage{};
  socklen_t length;
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  if (::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<uint16_t>(port));
    length = sizeof *v4;
  } else if (::inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<uint16_t>(port));
    length = sizeof *v6;
  } else {
    return -EINVAL;
  }
  const int fd = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  if (enable(fd, SOL_SOCKET, SO_REUSEADDR) < 0) return fail(fd);
  if (options.reuse_port && enable(fd, SOL_SOCKET, SO_REUSEPORT) < 0) return fail(fd);
  if (storage.ss_family == AF_INET6 && enable(fd, IPPROTO_IPV6, IPV6_V6ONLY, options.v6_only) < 0) return fail(fd);
  // Accepted sockets inherit it: a connection costs no call for it.
  if (enable(fd, IPPROTO_TCP, TCP_NODELAY) < 0) return fail(fd);
  // The same; once a connection is established it would keep the timers of an algorithm that paces.
  const std::string& name = options.congestion_control;
  if (!name.empty() && ::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name.data(), static_cast<socklen_t>(name.size())) < 0) return fail(fd);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&storage), length) < 0) return fail(fd);
  if (::listen(fd, options.backlog) < 0) return fail(fd);
  return fd;
}

int listen_unix(const std::string& path, int mode, int backlog) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) return -ENAMETOOLONG;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());

  struct stat status;
  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) return -EEXIST;
    if (is_alive(address)) return -EADDRINUSE;
    if (::unlink(path.c_str()) < 0) return -errno;
  }
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  // fchmod before bind is what bind creates the file with: no moment in which others may connect.
  if (mode >= 0 && ::fchmod(fd, static_cast<mode_t>(mode)) < 0) return fail(fd);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) return fail(fd);
  if (mode >= 0 && ::chmod(path.c_str(), static_cast<mode_t>(mode)) < 0) return fail(fd);  // the umask took bits away
  if (::listen(fd, backlog) < 0) return fail(fd);
  return fd;
}

int adopt_listener(int fd) {
  int listening = 0;
  int type = 0;
  socklen_t length = sizeof listening;
  if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) < 0) return -errno;
  length = sizeof type;
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0) return -errno;
  if (!listening || type != SOCK_STREAM) return -EINVAL;
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || ::fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) return -errno;
  enable(fd, IPPROTO_TCP, TCP_NODELAY);  // refused on a unix socket, which has no use for it
  return fd;
}

int socket_pair(int ends[2]) { return ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0 ? -errno : 0; }

LocalAddress local_address(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  LocalAddress address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) < 0) {
    address.error = -errno;
    return address;
  }
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    address.host = ::inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    address.port = ntohs(v4->sin_port);
  } else if (storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    address.host = ::inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    address.port = ntohs(v6->sin6_port);
  } else if (storage.ss_family == AF_UNIX && length > offsetof(sockaddr_un, sun_path)) {
    address.host = reinterpret_cast<sockaddr_un*>(&storage)->sun_path;
  }
  return address;
}

int64_t raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
  }
  return static_cast<int64_t>(limit.rlim_cur);
}

}  // namespace pagecast
