// Descriptors, connections, and what the driver does. Readiness, files and memory, leases: in files of their own.
#include "kernel.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace pagecast::simulated {
namespace {
constexpr uint64_t kCallsPerStepMax = 2'000'000;  // more is a loop that does not end
constexpr size_t kViolationsMax = 20;
constexpr int64_t kUncorkMs = 200;

in_addr_t address_of(Nearness nearness) {
  switch (nearness) {
    case Nearness::network: return 0xc0000201;  // 192.0.2.1
    case Nearness::unknown: return 0xac110002;  // 172.17.0.2
    default: return INADDR_LOOPBACK;
  }
}
}  // namespace

SimulatedKernel::SimulatedKernel(uint64_t seed, const Features& features) : random(seed), disk(now_ns_, features.multigrain), features_(features) {}

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
  if (found->second->kind == Kind::file) {
    const auto& closed = static_cast<const OpenFile&>(*found->second);
    if (leases.held(closed) && closed.mappings > 0) violation("a leased file is closed while it is mapped: nothing is left to drop the lease with");
    leases.drop(closed);
  }
  for (const auto& [other, object] : objects_) {
    if (object->kind == Kind::epoll) static_cast<Epoll&>(*object).forget(fd);
  }
  if (found->second->kind == Kind::socket) static_cast<Socket&>(*found->second).release();
  objects_.erase(found);
  return static_cast<int>(trace('c', fd, 0));
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
      from_v4.sin_addr.s_addr = htonl(address_of(socket->nearness));
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

SimulatedKernel::Taken SimulatedKernel::taken(Socket& to, size_t total) {
  if (faults.strikes(Fault::sendBlocked)) to.crowd();
  if (const int refused = to.writable(); refused < 0) return {refused, false};
  const size_t n = std::min(total, to.room());
  if (n <= 1 || !faults.strikes(Fault::sendShort)) return {static_cast<ssize_t>(n), false};
  return {static_cast<ssize_t>(1 + random.below(n - 1)), true};
}

ssize_t SimulatedKernel::push(Socket& to, Taken taken, size_t appended, size_t total, bool more) {
  to.push(more && appended == total);
  to.corked_ms = ticks_ms();
  if (taken.crowded) to.crowd();
  else if (static_cast<size_t>(taken.n) < total) to.await_room();
  return static_cast<ssize_t>(appended);
}

// Of memory, or of a file through its mapping; less than asked for is EFAULT.
size_t SimulatedKernel::append(Socket& to, const iovec& part, size_t length) {
  FileMappings::Place place;
  if (!file_mappings.find(part.iov_base, place)) {
    to.append(static_cast<const uint8_t*>(part.iov_base), length);
    return length;
  }
  std::vector<uint8_t> bytes(length);
  const size_t n = file_mappings.copy(part.iov_base, length, bytes.data(), cold_sends_);
  to.append(bytes.data(), n);
  return n;
}

ssize_t SimulatedKernel::send(int fd, const iovec* parts, size_t count, bool more) {
  enter();
  Socket* to = socket(fd, "sendmsg");
  if (to == nullptr) return -EBADF;
  if (to->is_shut()) violation("sendmsg behind our own FIN");
  size_t total = 0;
  for (size_t i = 0; i < count; ++i) {
    total += parts[i].iov_len;
    FileMappings::Place place;
    const bool mapped = file_mappings.find(parts[i].iov_base, place);
    if (mapped ? place.file != nullptr : mappings_.readable(parts[i].iov_base, parts[i].iov_len)) continue;
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
  const Taken taken = this->taken(*to, total);
  if (taken.n < 0) return trace('s', fd, taken.n);
  size_t left = static_cast<size_t>(taken.n);
  bool faulted = false;
  for (size_t i = 0; i < count && left > 0 && !faulted; ++i) {
    const size_t length = std::min(left, parts[i].iov_len);
    const size_t n = append(*to, parts[i], length);
    left -= n;
    faulted = n < length;
  }
  const size_t appended = static_cast<size_t>(taken.n) - left;
  if (faulted && appended == 0) return trace('s', fd, -EFAULT);
  return trace('s', fd, push(*to, taken, appended, total, more));
}

int SimulatedKernel::shutdown_send(int fd) {
  enter();
  Socket* to = socket(fd, "shutdown");
  if (to == nullptr) return -EBADF;
  if (faults.strikes(Fault::connectionReset)) {
    to->abort();
    to->broken = true;
  }
  return static_cast<int>(trace('h', fd, to->shut()));
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

int SimulatedKernel::connect(int listener, size_t receive_max, size_t send_max, size_t window, Nearness nearness) {
  const auto number = static_cast<uint32_t>(peers_.size());
  const auto socket = std::make_shared<Socket>(number, receive_max, send_max, window, nearness);
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
  for (const auto& [fd, object] : objects_) {
    if (object->kind != Kind::timer) continue;
    auto& timer = static_cast<Timer&>(*object);
    if (timer.due_ms == Timer::kNever || timer.due_ms > ticks_ms()) continue;
    timer.due_ms = Timer::kNever;
    timer.expired = true;
    timer.wake(EPOLLIN);
  }
  if (leases.expire()) violation("a lease was not dropped for 45 s: the kernel took it away");
  for (const auto& socket : peers_) {
    if (socket->corked() > 0 && ticks_ms() - socket->corked_ms >= kUncorkMs) socket->uncork();
  }
}

bool SimulatedKernel::deliver() {
  bool moved = false;
  for (const auto& socket : peers_) {
    const size_t before = socket->unacknowledged();
    socket->arrive(SIZE_MAX);
    moved = moved || socket->unacknowledged() != before;
  }
  return moved;
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
    const auto* memory = entry.second->kind == Kind::memory ? static_cast<const Memory*>(entry.second.get()) : nullptr;
    return memory != nullptr && memory->name == "pagecast-arena" && !memory->sealed;
  }));
}

}  // namespace pagecast::simulated
