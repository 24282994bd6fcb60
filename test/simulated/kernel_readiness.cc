// epoll, eventfd and timerfd of the simulated kernel.
#include <sys/epoll.h>

#include <cerrno>
#include <utility>

#include "kernel.h"

namespace pagecast::simulated {

int SimulatedKernel::epoll_create() {
  enter();
  const auto epoll = std::make_shared<Epoll>();
  const int fd = add(epoll);
  if (fd >= 0) epolls_.push_back(epoll);
  return static_cast<int>(trace('P', fd, fd));
}

int SimulatedKernel::epoll_control(int epoll, int operation, int fd, epoll_event* event) {
  enter();
  auto* set = object<Epoll>(epoll, {Kind::epoll}, "epoll_ctl");
  if (set == nullptr || object<Pollable>(fd, {Kind::event, Kind::timer, Kind::listener, Kind::socket}, "epoll_ctl") == nullptr) return -EBADF;
  int result = 0;
  if (operation == EPOLL_CTL_ADD && faults.strikes(Fault::watchNoSpace)) result = -ENOSPC;
  else if (operation == EPOLL_CTL_ADD && faults.strikes(Fault::watchNoMemory)) result = -ENOMEM;
  else result = set->control(operation, fd, std::static_pointer_cast<Pollable>(objects_.at(fd)), event);
  if (operation == EPOLL_CTL_ADD && result < 0 && objects_.at(fd)->kind == Kind::socket) static_cast<Socket&>(*objects_.at(fd)).broken = true;
  return static_cast<int>(trace('C', fd, result));
}

int SimulatedKernel::epoll_poll(int epoll, epoll_event* events, int count) {
  enter();
  auto* set = object<Epoll>(epoll, {Kind::epoll}, "epoll_wait");
  if (set == nullptr) return -EBADF;
  if (faults.strikes(Fault::interrupted)) return static_cast<int>(trace('p', epoll, -EINTR));
  if (faults.strikes(Fault::edgeSpurious) && !peers_.empty()) peers_[random.below(peers_.size())]->wake(0);
  return static_cast<int>(trace('p', epoll, set->poll(events, count)));
}

int SimulatedKernel::event_create() {
  enter();
  const int fd = faults.strikes(Fault::eventNoDescriptor) ? -EMFILE : add(std::make_shared<Event>());
  return static_cast<int>(trace('e', fd, fd));
}

int SimulatedKernel::event_signal(int fd) {
  enter();
  auto* event = object<Event>(fd, {Kind::event}, "eventfd_write");
  if (event == nullptr) return -EBADF;
  ++event->count;
  event->wake(EPOLLIN);
  return static_cast<int>(trace('!', fd, 0));
}

int SimulatedKernel::event_clear(int fd) {
  enter();
  auto* cleared = object<Object>(fd, {Kind::event, Kind::timer}, "eventfd_read");
  if (cleared == nullptr) return -EBADF;
  const bool was_set = cleared->kind == Kind::timer ? std::exchange(static_cast<Timer*>(cleared)->expired, false)
                                                    : std::exchange(static_cast<Event*>(cleared)->count, 0) > 0;
  return static_cast<int>(trace('?', fd, was_set ? 0 : -EAGAIN));
}

int SimulatedKernel::timer_create() {
  enter();
  const int fd = faults.strikes(Fault::eventNoDescriptor) ? -EMFILE : add(std::make_shared<Timer>());
  return static_cast<int>(trace('T', fd, fd));
}

int SimulatedKernel::timer_arm(int fd, int64_t after_ms) {
  enter();
  auto* timer = object<Timer>(fd, {Kind::timer}, "timerfd_settime");
  if (timer == nullptr) return -EBADF;
  timer->expired = false;
  timer->due_ms = after_ms > 0 ? ticks_ms() + after_ms : Timer::kNever;
  return static_cast<int>(trace('@', fd, static_cast<ssize_t>(after_ms)));
}

}  // namespace pagecast::simulated
