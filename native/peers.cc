#include "peers.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <map>
#include <mutex>
#include <set>

namespace pagecast {
namespace {

using Address = std::array<uint8_t, 16>;  // IPv4 is mapped

Address mapped(const in_addr& v4) {
  Address address{};
  address[10] = address[11] = 0xff;
  std::memcpy(&address[12], &v4, 4);
  return address;
}

bool address_of(const sockaddr* from, Address& out) {
  if (from == nullptr) return false;
  if (from->sa_family == AF_INET) {
    out = mapped(reinterpret_cast<const sockaddr_in*>(from)->sin_addr);
    return true;
  }
  if (from->sa_family != AF_INET6) return false;
  std::memcpy(out.data(), &reinterpret_cast<const sockaddr_in6*>(from)->sin6_addr, out.size());
  return true;
}

bool is_loopback(const Address& address) {
  static const Address v6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const bool v4 = address[10] == 0xff && address[11] == 0xff && address[12] == 127;
  return v4 || address == v6;
}

// The host's addresses and interfaces, asked for again when they are older than a second.
class Host {
 public:
  bool has(const Address& address) {
    std::lock_guard lock(mutex_);
    refresh();
    return addresses_.count(address) > 0;
  }

  bool leaves_machine(unsigned interface) {
    std::lock_guard lock(mutex_);
    refresh();
    const auto [found, added] = devices_.try_emplace(interface, false);
    if (added) found->second = has_device(interface);
    return found->second;
  }

 private:
  void refresh() {
    const time_t now = ::time(nullptr);
    if (now == asked_) return;
    asked_ = now;
    addresses_.clear();
    devices_.clear();
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) < 0) return;
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
      Address address;
      if (address_of(one->ifa_addr, address)) addresses_.insert(address);
    }
    ::freeifaddrs(all);
  }

  static bool has_device(unsigned interface) {
    char name[IF_NAMESIZE];
    char path[64];
    if (::if_indextoname(interface, name) == nullptr) return false;
    std::snprintf(path, sizeof path, "/sys/class/net/%s/device", name);
    return ::access(path, F_OK) == 0;
  }

  std::mutex mutex_;
  time_t asked_ = 0;
  std::set<Address> addresses_;
  std::map<unsigned, bool> devices_;
};

// The interface that the connection came in on; 0 where the kernel does not say. IPV6_RECVPKTINFO is taken back at
// once: while it is set each packet is copied for its sake.
unsigned interface_of(int socket, bool v4) {
  alignas(cmsghdr) char control[256];
  socklen_t length = sizeof control;
  const int on = 1, off = 0;
  const int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
  const int wanted = v4 ? IP_PKTINFO : IPV6_RECVPKTINFO;
  const int option = v4 ? IP_PKTOPTIONS : IPV6_2292PKTOPTIONS;
  if (::setsockopt(socket, level, wanted, &on, sizeof on) < 0) return 0;
  const int result = ::getsockopt(socket, level, option, control, &length);
  ::setsockopt(socket, level, wanted, &off, sizeof off);
  if (result < 0) return 0;
  msghdr message{};
  message.msg_control = control;
  message.msg_controllen = length;
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
    if (v4 && one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_PKTINFO) {
      return static_cast<unsigned>(reinterpret_cast<const in_pktinfo*>(CMSG_DATA(one))->ipi_ifindex);
    }
    if (!v4 && one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_PKTINFO) {
      return reinterpret_cast<const in6_pktinfo*>(CMSG_DATA(one))->ipi6_ifindex;
    }
  }
  return 0;
}

}  // namespace

Nearness nearness_of(int socket, const sockaddr_in6& peer) {
  static Host* host = new Host();  // never destroyed: threads outlive static destructors
  Address address;
  if (!address_of(reinterpret_cast<const sockaddr*>(&peer), address)) return Nearness::host;  // a unix socket
  if (is_loopback(address) || host->has(address)) return Nearness::host;
  const bool v4 = address[10] == 0xff && address[11] == 0xff && std::memcmp(address.data(), "\0\0\0\0\0\0\0\0\0", 10) == 0;
  const unsigned interface = interface_of(socket, v4);
  return interface != 0 && host->leaves_machine(interface) ? Nearness::network : Nearness::unknown;
}

}  // namespace pagecast
