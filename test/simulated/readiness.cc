#include "readiness.h"

#include <algorithm>
#include <cerrno>

namespace pagecast::simulated {
namespace {
constexpr uint32_t kAlways = EPOLLERR | EPOLLHUP;
// epoll_ctl(2): what may go with EPOLLEXCLUSIVE.
constexpr uint32_t kWithExclusive = EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;
}  // namespace

void Pollable::wake(uint32_t key) {
  for (const Watcher& watcher : watchers_) {
    if (watcher.epoll->woken(watcher.fd, key)) return;  // of exclusive waiters one is enough
  }
}

Epoll::~Epoll() {
  while (!items_.empty()) forget(items_.begin()->first);
}

int Epoll::control(int operation, int fd, const std::shared_ptr<Pollable>& object, const epoll_event* event) {
  const auto found = items_.find(fd);
  if (operation == EPOLL_CTL_DEL) {
    if (found == items_.end()) return -ENOENT;
    forget(fd);
    return 0;
  }
  if (operation == EPOLL_CTL_MOD) {
    if (found == items_.end()) return -ENOENT;
    if ((found->second.events | event->events) & EPOLLEXCLUSIVE) return -EINVAL;
    found->second.events = event->events | kAlways;
    found->second.data = event->data.u64;
  } else {
    if (found != items_.end()) return -EEXIST;
    if ((event->events & EPOLLEXCLUSIVE) && (event->events & ~kWithExclusive)) return -EINVAL;
    items_[fd] = {object, event->events | kAlways, event->data.u64, false};
    object->watchers_.push_back({this, fd});
  }
  Item& item = items_[fd];
  if (object->readiness() & item.events) queue(fd, item);
  return 0;
}

void Epoll::forget(int fd) {
  const auto found = items_.find(fd);
  if (found == items_.end()) return;
  std::erase_if(found->second.object->watchers_, [&](const auto& watcher) { return watcher.epoll == this && watcher.fd == fd; });
  items_.erase(found);
  std::erase(ready_, fd);
}

void Epoll::queue(int fd, Item& item) {
  if (item.queued) return;
  item.queued = true;
  ready_.push_back(fd);
}

bool Epoll::woken(int fd, uint32_t key) {
  Item& item = items_.at(fd);
  if (key != 0 && !(key & item.events)) return false;
  queue(fd, item);
  return (item.events & EPOLLEXCLUSIVE) != 0;
}

int Epoll::poll(epoll_event* out, int count) {
  int found = 0;
  for (size_t left = ready_.size(); left > 0 && found < count; --left) {
    const int fd = ready_.front();
    ready_.pop_front();
    Item& item = items_.at(fd);
    item.queued = false;
    const uint32_t mask = item.object->readiness() & item.events;
    if (mask == 0) continue;
    out[found++] = {mask, {.u64 = item.data}};
    if (!(item.events & EPOLLET)) queue(fd, item);
  }
  return found;
}

bool Epoll::ready() {
  return std::any_of(ready_.begin(), ready_.end(), [&](int fd) {
    const Item& item = items_.at(fd);
    return (item.object->readiness() & item.events) != 0;
  });
}

}  // namespace pagecast::simulated
