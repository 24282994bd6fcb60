// The simulated kernel: what kernel_linux.cc gets from Linux, made of readiness, network, disk and memory in this
// process, with seeded faults. Deterministic: the same seed and the same driver give the same calls and results, and
// trace() tells.
//
// It judges as it goes: a descriptor closed twice, used after its close or as something it is not, memory read after
// its unmapping or written after its seal, a blocking call on a loop thread are violations, kept for the driver.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "../../native/kernel.h"
#include "disk.h"
#include "faults.h"
#include "memory.h"
#include "network.h"
#include "readiness.h"

namespace pagecast::simulated {

// What this kernel has, and how much.
struct Features {
  bool openat2 = true;         // 5.6; seccomp may refuse it
  bool resolve_cached = true;  // 5.12
  bool cachestat = true;       // 6.5
  bool cachestat_counts = true;  // overlayfs always answers 0
  bool read_nowait = true;     // RWF_NOWAIT: not on every filesystem
  size_t descriptors_max = 1u << 20;
};

class SimulatedKernel final : public Kernel {
 public:
  SimulatedKernel(uint64_t seed, const Features& features);

  int epoll_create() override;
  int epoll_control(int epoll, int operation, int fd, epoll_event* event) override;
  int epoll_poll(int epoll, epoll_event* events, int count) override;
  int event_create() override;
  int event_signal(int fd) override;
  int event_clear(int fd) override;

  int accept(int listener, sockaddr* address, socklen_t* length) override;
  ssize_t receive(int fd, void* buffer, size_t length) override;
  ssize_t send(int fd, const iovec* parts, size_t count, bool more) override;
  ssize_t send_file(int fd, int file, off_t offset, size_t length) override;
  int shutdown_send(int fd) override;
  int reset(int fd) override;
  int close(int fd) override;

  int open_at(int directory, const char* path, int flags) override;
  int open_at2(int directory, const char* path, int flags, uint64_t resolve) override;
  int status(int fd, struct stat* out) override;
  ssize_t read_link(const char* path, char* buffer, size_t length) override;
  ssize_t read_at(int fd, void* buffer, size_t length, off_t offset) override;
  ssize_t read_at_cached(int fd, void* buffer, size_t length, off_t offset) override;
  int64_t cached_pages(int fd, off_t offset, size_t length) override;
  int64_t now_ns() override { return now_ns_; }
  int64_t ticks_ms() override { return ticks_ns_ / 1'000'000; }

  int memory_create(const char* name) override;
  int memory_resize(int fd, off_t length) override;
  ssize_t memory_write(int fd, const void* buffer, size_t length, off_t offset) override;
  const uint8_t* memory_map(int fd, size_t length) override;
  int memory_seal(int fd) override;
  int memory_unmap(const uint8_t* base, size_t length) override;

  // ---- for the driver ----
  int make_listener(size_t backlog_max);
  // A peer number, or -1: the backlog is full.
  int connect(int listener, size_t receive_max, size_t send_max);
  Socket* peer(uint32_t number) { return number < peers_.size() ? peers_[number].get() : nullptr; }
  void relieve();                          // memory pressure ends
  void advance(int64_t ms);
  void set_back(int64_t ms) { now_ns_ -= ms * 1'000'000; }  // the wall clock, as an administrator or NTP does
  bool ready(int epoll_index) const;       // of the epoll sets in order of their making
  // `act` happens `calls` system calls from now: in the middle of a burst, or of a job.
  void later(uint64_t calls, std::function<void()> act);
  void settle_later();                     // what was put off happens now
  void begin_step() { step_began_ = calls_; }
  void blocking_allowed(bool allowed) { blocking_allowed_ = allowed; }  // true in pool threads
  void violation(const std::string& text);

  Random random;
  Faults faults{random};
  Disk disk{now_ns_};
  std::array<int, kKinds> census() const;
  const std::vector<std::string>& violations() const { return violations_; }
  uint64_t trace() const { return trace_; }
  uint64_t calls() const { return calls_; }
  uint64_t cold_sends() const { return cold_sends_; }

 private:
  template <typename T>
  T* object(int fd, std::initializer_list<Kind> kinds, const char* call);
  Socket* socket(int fd, const char* call) { return object<Socket>(fd, {Kind::socket}, call); }
  int add(std::shared_ptr<Object> object);  // a descriptor, or -EMFILE
  void enter();
  void must_not_block(const char* call);
  int unsealed() const;  // memory files that could still be written
  ssize_t trace(char call, int fd, ssize_t result);
  int open_found(const Disk::Found& found, int flags);
  ssize_t take(Socket& to, const iovec* parts, size_t count, size_t total, bool more);

  const Features features_;
  std::map<int, std::shared_ptr<Object>> objects_;
  std::vector<std::weak_ptr<Epoll>> epolls_;
  std::vector<std::shared_ptr<Socket>> peers_;
  Mappings mappings_;
  std::multimap<uint64_t, std::function<void()>> later_;
  std::vector<std::string> violations_;
  int64_t now_ns_ = 1'800'000'000'000'000'000;  // January 2027
  int64_t ticks_ns_ = 86'400'000'000'000;       // up for a day
  int next_fd_ = 1000;  // never used again: use after close is always seen
  uint64_t calls_ = 0;
  uint64_t step_began_ = 0;
  uint64_t trace_ = 0xcbf29ce484222325ULL;
  uint64_t cold_sends_ = 0;
  bool blocking_allowed_ = false;
};

template <typename T>
T* SimulatedKernel::object(int fd, std::initializer_list<Kind> kinds, const char* call) {
  const auto found = objects_.find(fd);
  if (found == objects_.end()) {
    violation(std::string(call) + " on descriptor " + std::to_string(fd) + ", which is not open");
    return nullptr;
  }
  for (const Kind kind : kinds) {
    if (found->second->kind == kind) return static_cast<T*>(found->second.get());
  }
  violation(std::string(call) + " on descriptor " + std::to_string(fd) + ", which is something else");
  return nullptr;
}

}  // namespace pagecast::simulated
