#include "notify.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace pagecast {
namespace {

constexpr timeval kPatience{1, 0};

}  // namespace

int notify(const std::string& address, const std::string& text) {
  sockaddr_un receiver{};
  if (address.size() < 2 || (address[0] != '/' && address[0] != '@')) return -EINVAL;
  // An abstract name ends with the length, a path with its zero (unix(7)).
  const bool abstract = address[0] == '@';
  if (address.size() + (abstract ? 0 : 1) > sizeof receiver.sun_path) return -ENAMETOOLONG;
  receiver.sun_family = AF_UNIX;
  std::memcpy(receiver.sun_path, address.data(), address.size());
  if (abstract) receiver.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size() + (abstract ? 0 : 1));

  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int result = 0;
  if (::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience) < 0 ||
      ::sendto(fd, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&receiver), length) < 0) {
    result = -errno;
  }
  ::close(fd);
  return result;
}

}  // namespace pagecast
