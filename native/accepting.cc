// Engine: listeners, and connections as they come.
#include "engine.h"

#include <cerrno>

namespace pagecast {
namespace {

constexpr int kAcceptBurst = 64;

bool aborted_by_peer(int error) {
  // accept(2): errors that were pending on the new connection, and are not ours.
  switch (error) {
    case -ECONNABORTED: case -EINTR: case -EPROTO: case -ENETDOWN: case -ENOPROTOOPT: case -EHOSTDOWN:
    case -ENONET: case -EHOSTUNREACH: case -EOPNOTSUPP: case -ENETUNREACH: case -EPERM:
      return true;
    default:
      return false;
  }
}

}  // namespace

int Engine::listen(int fd, bool shared) {
  for (size_t i = 0; i < listeners_.size(); ++i) {
    if (listeners_[i].fd >= 0) continue;
    listeners_[i] = {fd, shared, true};
    const int error = accept_again(static_cast<int>(i));
    if (error < 0) listeners_[i] = {};
    return error < 0 ? error : static_cast<int>(i);
  }
  return -ENFILE;
}

int Engine::unlisten(int number) {
  Listener& listener = listeners_[static_cast<size_t>(number)];
  const int error = listener.paused ? 0 : kernel_.epoll_control(epoll_, EPOLL_CTL_DEL, listener.fd, nullptr);
  listener = {};
  return error;
}

int Engine::accept_again(int number) {
  Listener& listener = listeners_[static_cast<size_t>(number)];
  if (listener.fd < 0 || !listener.paused) return 0;
  // One of several waiters is enough for a shared listener. Level-triggered: what a burst leaves is reported again.
  epoll_event event{EPOLLIN | (listener.shared ? EPOLLEXCLUSIVE : 0u), {.u64 = tag(static_cast<uint32_t>(number), kListenerMark)}};
  const int error = kernel_.epoll_control(epoll_, EPOLL_CTL_ADD, listener.fd, &event);
  if (error == 0) listener.paused = false;
  return error;
}

void Engine::pause(int32_t number, int error) {
  Listener& listener = listeners_[static_cast<size_t>(number)];
  // EPOLLEXCLUSIVE cannot be modified, only removed. If even that fails the level stays, and we are called again.
  listener.paused = kernel_.epoll_control(epoll_, EPOLL_CTL_DEL, listener.fd, nullptr) == 0;
  areas_.counters[kCounter_acceptRefused] += 1;
  event(kEvent_ACCEPT_FAILED, number, -error);
}

void Engine::accept_burst(int32_t number) {
  const int listener = listeners_[static_cast<size_t>(number)].fd;
  for (int i = 0; i < kAcceptBurst && listener >= 0 && room(); ++i) {
    // Out of slots, or below of descriptors, after the first: nobody may be waiting any more. Who does is told again.
    const int64_t slot = vacant_slot();
    if (slot < 0) return i == 0 ? pause(number, -ENFILE) : void();
    sockaddr_in6 address{};
    socklen_t length = sizeof address;
    const int fd = kernel_.accept(listener, reinterpret_cast<sockaddr*>(&address), &length);
    if (fd == -EAGAIN) return;
    if (aborted_by_peer(fd)) {
      areas_.counters[kCounter_acceptAborted] += 1;
      continue;
    }
    if (fd < 0) return i == 0 ? pause(number, fd) : void();
    if (const int error = occupy(static_cast<uint32_t>(slot), fd, address, EPOLLIN | EPOLLOUT | EPOLLRDHUP); error < 0) {
      kernel_.close(fd);
      return pause(number, error);
    }
    areas_.paused[slot] = 0;
    areas_.counters[kCounter_accepted] += 1;
    event(kEvent_ACCEPTED, static_cast<int32_t>(slot), static_cast<int32_t>(generation(static_cast<uint32_t>(slot))), number);
  }
}

// One that nobody has, or -ENFILE. It is taken by occupy().
int64_t Engine::vacant_slot() {
  if (free_.empty()) {
    if (connections_.size() >= areas_.slots) return -ENFILE;
    free_.push_back(static_cast<uint32_t>(connections_.size()));
    connections_.emplace_back();
  }
  return free_.back();
}

// 0 or -errno: then `fd` is the caller's, and the slot is vacant.
int Engine::occupy(uint32_t slot, int fd, const sockaddr_in6& address, uint32_t edges) {
  Connection& connection = connections_[slot];
  const uint32_t generation = connection.generation;
  epoll_event edge{edges | EPOLLET, {.u64 = tag(slot, generation)}};
  if (const int error = kernel_.epoll_control(epoll_, EPOLL_CTL_ADD, fd, &edge); error < 0) return error;
  free_.pop_back();
  const bool waiting = connection.waiting, sharing = connection.sharing;  // the lists name the slot still
  connection = Connection{};
  connection.waiting = waiting;
  connection.sharing = sharing;
  connection.generation = generation;
  connection.fd = fd;
  connection.writable = true;
  connection.address = address;
  areas_.progress[slot] = 0;
  areas_.counters[kCounter_connections] += 1;
  return 0;
}

// Its input is its owner's, and so is no edge of ours.
int Engine::borrow(int owned) {
  const int64_t slot = vacant_slot();
  if (slot < 0) return static_cast<int>(slot);
  const int fd = kernel_.duplicate(owned);
  if (fd < 0) return fd;
  sockaddr_in6 address{};
  socklen_t length = sizeof address;
  int error = kernel_.peer_name(fd, reinterpret_cast<sockaddr*>(&address), &length);
  if (error == 0) error = occupy(static_cast<uint32_t>(slot), fd, address, EPOLLOUT);
  if (error < 0) {
    kernel_.close(fd);
    return error;
  }
  connections_[static_cast<size_t>(slot)].borrowed = true;
  areas_.paused[slot] = 1;
  return static_cast<int>(slot);
}

}  // namespace pagecast
