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
    const bool fresh = free_.empty();
    // Out of slots, or below of descriptors, after the first: nobody may be waiting any more. Who does is told again.
    if (fresh && connections_.size() >= areas_.slots) return i == 0 ? pause(number, -ENFILE) : void();
    sockaddr_in6 address{};
    socklen_t length = sizeof address;
    const int fd = kernel_.accept(listener, reinterpret_cast<sockaddr*>(&address), &length);
    if (fd == -EAGAIN) return;
    if (aborted_by_peer(fd)) {
      areas_.counters[kCounter_acceptAborted] += 1;
      continue;
    }
    if (fd < 0) return i == 0 ? pause(number, fd) : void();
    if (fresh) {
      free_.push_back(static_cast<uint32_t>(connections_.size()));
      connections_.emplace_back();
    }
    const uint32_t slot = free_.back();
    Connection& connection = connections_[slot];
    epoll_event edge{EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.u64 = tag(slot, connection.generation)}};
    if (const int error = kernel_.epoll_control(epoll_, EPOLL_CTL_ADD, fd, &edge); error < 0) {
      kernel_.close(fd);
      return pause(number, error);
    }
    free_.pop_back();
    const uint32_t generation = connection.generation;
    const bool waiting = connection.waiting, sharing = connection.sharing;  // the lists name the slot still
    connection = Connection{};
    connection.waiting = waiting;
    connection.sharing = sharing;
    connection.generation = generation;
    connection.fd = fd;
    connection.writable = true;
    connection.address = address;
    areas_.paused[slot] = 0;
    areas_.progress[slot] = 0;
    areas_.counters[kCounter_accepted] += 1;
    areas_.counters[kCounter_connections] += 1;
    event(kEvent_ACCEPTED, static_cast<int32_t>(slot), static_cast<int32_t>(generation), number);
  }
}

}  // namespace pagecast
