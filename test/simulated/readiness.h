// epoll(7), eventfd(2) and timerfd_create(2). An item stands in the ready list from a wake-up until it is looked at; what is then reported
// is everything that holds at that moment, so an edge is per item, not per bit (fs/eventpoll.c: ep_send_events).
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

namespace pagecast::simulated {

enum class Kind { epoll, event, listener, socket, file, place, memory, timer };  // place: opened with O_PATH
constexpr int kKinds = 8;

struct Object {
  explicit Object(Kind k) : kind(k) {}
  virtual ~Object() = default;
  Object(const Object&) = delete;
  const Kind kind;
};

class Epoll;

class Pollable : public Object {
 public:
  using Object::Object;
  virtual uint32_t readiness() = 0;  // what holds now
  // Something happened. `key`: which bits it may concern; 0 for all of them.
  void wake(uint32_t key);

 private:
  friend class Epoll;
  struct Watcher {
    Epoll* epoll;
    int fd;
  };
  std::vector<Watcher> watchers_;
};

class Epoll final : public Object {
 public:
  Epoll() : Object(Kind::epoll) {}
  ~Epoll() override;

  int control(int operation, int fd, const std::shared_ptr<Pollable>& object, const epoll_event* event);
  int poll(epoll_event* out, int count);
  bool ready();        // whether poll() would report something: what libuv sees of the epoll descriptor
  void forget(int fd);  // its descriptor was closed

 private:
  friend class Pollable;
  struct Item {
    std::shared_ptr<Pollable> object;
    uint32_t events;
    uint64_t data;
    bool queued;
  };
  void queue(int fd, Item& item);
  bool woken(int fd, uint32_t key);  // whether it was an exclusive waiter that took the wake-up

  std::map<int, Item> items_;
  std::deque<int> ready_;
};

struct Event final : Pollable {
  Event() : Pollable(Kind::event) {}
  uint32_t readiness() override { return EPOLLOUT | (count > 0 ? EPOLLIN : 0u); }
  uint64_t count = 0;
};

struct Timer final : Pollable {
  Timer() : Pollable(Kind::timer) {}
  uint32_t readiness() override { return expired ? EPOLLIN : 0u; }
  static constexpr int64_t kNever = -1;
  int64_t due_ms = kNever;
  bool expired = false;
};

}  // namespace pagecast::simulated
