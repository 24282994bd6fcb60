// Descriptors, readiness, connections. Files and memory: kernel_files.cc.
#include "kernel.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace pagecast::simulated {
namespace {
constexpr uint64_t kCallsPerStepMax = 2'000'000;  // more is a loop that does not end
constexpr size_t kViolationsMax = 20;
constexpr int64_t kUncorkMs = 200;
}  // namespace

SimulatedKernel::SimulatedKernel(uint64_t seed, const Features& features) : random(seed), features_(features) {}

void SimulatedKernel::violation(const std::string& text) {
  if (violations_.size() < kViolationsMax) violations_.push_back(text);
}

void SimulatedKernel::enter() {
  ++calls_;
  while (!later_.empty() && later_.begin()->first <= calls_) {
    const auto act = std::move(later_.begin()->second);
    later_.erase(later_.begin());
    act();
  }
  if (calls_ - step_began_ <= kCallsPerStepMax) return;
  std::fprintf(stderr, "simulated kernel: more than %llu calls in one step\n", static_cast<unsigned long long>(kCallsPerStepMax));
  std::abort();
}

ssize_t SimulatedKernel::trace(char call, int fd, ssize_t result) {
  for (const uint64_t word : {static_cast<uint64_t>(call), static_cast<uint64_t>(fd), static_cast<uint64_t>(result)}) {
    trace_ = (trace_ ^ word) * 0x100000001b3ULL;  // FNV-1a, a word at a time
  }
  return result;
}

void SimulatedKernel::must_not_block(const char* call) {
  if (!blocking_allowed_) violation(std::string(call) + " on a loop thread: it may block");
}

int SimulatedKernel::add(std::shared_ptr<Object> object) {
  if (objects_.size() >= features_.descriptors_max) return -EMFILE;
  objects_[next_fd_] = std::move(object);
  return next_fd_++;
}

int SimulatedKernel::close(int fd) {
  enter();
  const auto found = objects_.find(fd);
  if (found == objects_.end()) {
    violation("close of descriptor " + std::to_string(fd) + ", which is not open");
    return static_cast<int>(trace('c', fd, -EBADF));
  }
  if (found->second->kind == Kind::file || found->second->kind == Kind::memory) must_not_block("close of a file");
  for (const auto& [other, object] : objects_) {
    if (object->kind == Kind::epoll) static_cast<Epoll&>(*object).forget(fd);
  }
  if (found->second->kind == Kind::socket) static_cast<Socket&>(*found->second).release();
  objects_.erase(found);
  return static_cast<int>(trace('c', fd, 0));
}

// ---- readiness ----

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
  if (set == nullptr || object<Pollable>(fd, {Kind::event, Kind::listener, Kind::socket}, "epoll_ctl") == nullptr) return -EBADF;
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
  auto* event = object<Event>(fd, {Kind::event}, "eventfd_read");
  if (event == nullptr) return -EBADF;
  if (event->count == 0) return static_cast<int>(trace('?', fd, -EAGAIN));
  event->count = 0;
  return static_cast<int>(trace('?', fd, 0));
}

// ---- connections ----

int SimulatedKernel::accept(int listener, sockaddr* address, socklen_t* length) {
  enter();
  auto* from = object<Listener>(listener, {Kind::listener}, "accept");
  if (from == nullptr) return -EBADF;
  int result = -EAGAIN;
  if (faults.strikes(Fault::acceptInterrupted)) {
    result = -EINTR;
  } else if (from->backlog.empty()) {
    result = -EAGAIN;
  } else if (faults.strikes(Fault::acceptNoDescriptor)) {
    result = -EMFILE;
  } else if (faults.strikes(Fault::acceptNoFile)) {
    result = -ENFILE;
  } else if (faults.strikes(Fault::acceptNoBuffer)) {
    result = -ENOBUFS;
  } else {
    const std::shared_ptr<Socket> socket = from->backlog.front();
    if (faults.strikes(Fault::acceptAborted)) {
      from->backlog.pop_front();
      socket->abort();
      socket->broken = true;
      result = -ECONNABORTED;
    } else if (result = add(socket); result >= 0) {
      from->backlog.pop_front();
      socket->accepted = true;
      sockaddr_in from_v4{};
      from_v4.sin_family = AF_INET;
      from_v4.sin_port = htons(static_cast<uint16_t>(10'000 + socket->peer_number));
      from_v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      std::memcpy(address, &from_v4, std::min<size_t>(*length, sizeof from_v4));
      *length = sizeof from_v4;
    }
  }
  return static_cast<int>(trace('a', listener, result));
}

ssize_t SimulatedKernel::receive(int fd, void* buffer, size_t length) {
  enter();
  Socket* from = socket(fd, "recv");
  if (from == nullptr) return -EBADF;
  if (faults.strikes(Fault::interrupted)) return trace('r', fd, -EINTR);
  if (faults.strikes(Fault::connectionReset)) {
    from->abort();
    from->broken = true;
  }
  return trace('r', fd, from->receive(static_cast<uint8_t*>(buffer), length));
}

// What sendmsg and sendfile have in common, once it is known what is to go.
ssize_t SimulatedKernel::take(Socket& to, const iovec* parts, size_t count, size_t total, bool more) {
  if (faults.strikes(Fault::sendBlocked)) to.crowd();
  if (const int refused = to.writable(); refused < 0) return refused;
  size_t n = std::min(total, to.room());
  const bool crowded = n > 1 && faults.strikes(Fault::sendShort);
  if (crowded) n = 1 + random.below(n - 1);
  size_t left = n;
  for (size_t i = 0; i < count && left > 0; ++i) {
    const size_t length = std::min(left, parts[i].iov_len);
    to.append(static_cast<const uint8_t*>(parts[i].iov_base), length, more && n == total);
    left -= length;
  }
  if (crowded) to.crowd();
  else if (n < total) to.await_room();
  return static_cast<ssize_t>(n);
}

ssize_t SimulatedKernel::send(int fd, const iovec* parts, size_t count, bool more) {
  enter();
  Socket* to = socket(fd, "sendmsg");
  if (to == nullptr) return -EBADF;
  if (to->is_shut()) violation("sendmsg behind our own FIN");
  size_t total = 0;
  for (size_t i = 0; i < count; ++i) {
    total += parts[i].iov_len;
    if (mappings_.readable(parts[i].iov_base, parts[i].iov_len)) continue;
    violation("sendmsg of memory that is not mapped any more");
    return -EFAULT;
  }
  if (total == 0) violation("sendmsg of nothing");
  if (faults.strikes(Fault::interrupted)) return trace('s', fd, -EINTR);
  const bool reset = faults.strikes(Fault::connectionReset);
  const bool broken = faults.strikes(Fault::pipeBroken);
  if (reset || broken) {
    to->abort();
    to->broken = true;
  }
  if (broken) return trace('s', fd, -EPIPE);
  return trace('s', fd, take(*to, parts, count, total, more));
}

int SimulatedKernel::shutdown_send(int fd) {
  enter();
  Socket* to = socket(fd, "shutdown");
  return to == nullptr ? -EBADF : static_cast<int>(trace('h', fd, to->shut()));
}

int SimulatedKernel::reset(int fd) {
  enter();
  Socket* to = socket(fd, "setsockopt");
  if (to == nullptr) return -EBADF;
  to->linger_hard();
  return static_cast<int>(trace('l', fd, 0));
}

// ---- for the driver ----

int SimulatedKernel::make_listener(size_t backlog_max) { return add(std::make_shared<Listener>(backlog_max)); }

int SimulatedKernel::connect(int listener, size_t receive_max, size_t send_max) {
  const auto number = static_cast<uint32_t>(peers_.size());
  const auto socket = std::make_shared<Socket>(number, receive_max, send_max);
  auto* to = object<Listener>(listener, {Kind::listener}, "connect");
  if (to == nullptr || !to->arrive(socket)) return -1;
  peers_.push_back(socket);
  return static_cast<int>(number);
}

void SimulatedKernel::relieve() {
  for (const auto& socket : peers_) socket->relieve();
}

void SimulatedKernel::advance(int64_t ms) {
  now_ns_ += ms * 1'000'000;
  ticks_ns_ += ms * 1'000'000;
  if (ms < kUncorkMs) return;
  for (const auto& socket : peers_) socket->uncork();
}

bool SimulatedKernel::ready(int epoll_index) const {
  const auto epoll = epolls_.at(static_cast<size_t>(epoll_index)).lock();
  return epoll != nullptr && epoll->ready();
}

void SimulatedKernel::later(uint64_t calls, std::function<void()> act) { later_.emplace(calls_ + calls, std::move(act)); }

void SimulatedKernel::settle_later() {
  while (!later_.empty()) {
    const auto act = std::move(later_.begin()->second);
    later_.erase(later_.begin());
    act();
  }
}

std::array<int, kKinds> SimulatedKernel::census() const {
  std::array<int, kKinds> counts{};
  for (const auto& [fd, object] : objects_) ++counts[static_cast<size_t>(object->kind)];
  return counts;
}

int SimulatedKernel::unsealed() const {
  return static_cast<int>(std::count_if(objects_.begin(), objects_.end(), [](const auto& entry) {
    return entry.second->kind == Kind::memory && !static_cast<const Memory&>(*entry.second).sealed;
  }));
}

}  // namespace pagecast::simulated
