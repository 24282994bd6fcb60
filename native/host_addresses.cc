#include "host_addresses.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

namespace pagecast {
namespace {

struct Lookup {
  std::string name;
  int channel;
};

std::string numeric(const addrinfo& found) {
  char text[INET6_ADDRSTRLEN] = "";
  const void* address = found.ai_family == AF_INET ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(found.ai_addr)->sin_addr)
                                                   : &reinterpret_cast<const sockaddr_in6*>(found.ai_addr)->sin6_addr;
  return ::inet_ntop(found.ai_family, address, text, sizeof text) == nullptr ? "" : std::string(text) + "\n";
}

std::string found_for(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // else each address comes once for each kind of socket
  addrinfo* first = nullptr;
  const int failed = ::getaddrinfo(name.c_str(), nullptr, &hints, &first);
  if (failed != 0) return "!" + std::to_string(failed) + " " + ::gai_strerror(failed) + "\n";
  std::string lines;
  for (const addrinfo* one = first; one != nullptr; one = one->ai_next) {
    if (one->ai_family == AF_INET || one->ai_family == AF_INET6) lines += numeric(*one);
  }
  ::freeaddrinfo(first);
  return lines;
}

void* run(void* given) {
  const std::unique_ptr<Lookup> lookup(static_cast<Lookup*>(given));
  ::pthread_setname_np(::pthread_self(), "pagecast-lookup");
  const std::string lines = found_for(lookup->name);
  // A few addresses always fit. Who has gone does not want them any more.
  static_cast<void>(::send(lookup->channel, lines.data(), lines.size(), MSG_NOSIGNAL));
  ::close(lookup->channel);
  return nullptr;
}

}  // namespace

int find_addresses(const std::string& name, int channel) {
  auto lookup = std::make_unique<Lookup>(Lookup{name, channel});
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // the new thread begins with everything blocked
  pthread_t thread;
  const int failed = ::pthread_create(&thread, nullptr, run, lookup.get());
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (failed != 0) {
    ::close(channel);
    return -failed;
  }
  static_cast<void>(lookup.release());  // the thread's
  ::pthread_detach(thread);
  return 0;
}

}  // namespace pagecast
