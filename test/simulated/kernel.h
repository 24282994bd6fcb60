// The simulated kernel: what kernel_linux.cc gets from Linux, made of readiness, network, disk and memory in this
// process, with seeded faults. Deterministic: the same seed and the same driver give the same calls and results, and
// trace() tells.
//
// It judges as it goes: a descriptor closed twice, used after its close or as something it is not, memory read after
// its unmapping or written after its seal, a leased file closed while it is mapped, a lease that had to be taken away, a
// blocking call on a loop thread are violations, kept for the driver.
#pragma once

#include <cerrno>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../native/kernel.h"
#include "disk.h"
#include "faults.h"
#include "leases.h"
#include "mapping.h"
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
  bool multigrain = false;     // 6.13: ctime is exact where somebody asked for it
  bool reflink = false;        // FICLONE: XFS, Btrfs
  bool droppable = true;       // tmpfs: its pages are nowhere else
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
  int timer_create() override;
  int timer_arm(int fd, int64_t after_ms) override;

  int accept(int listener, sockaddr* address, socklen_t* length) override;
  // Nothing is borrowed here: there is nobody else.
  int duplicate(int) override { return -EBADF; }
  int peer_name(int, sockaddr*, socklen_t*) override { return -ENOTCONN; }
  ssize_t receive(int fd, void* buffer, size_t length) override;
  ssize_t send(int fd, const iovec* parts, size_t count, bool more) override;
  ssize_t send_file(int fd, int file, off_t offset, size_t length) override;
  int shutdown_send(int fd) override;
  int unacknowledged(int fd) override;
  int bound_unsent(int fd, int bytes) override;
  Nearness nearness(int fd, const sockaddr_in6& peer) override;
  int reset(int fd) override;
  int close(int fd) override;

  int open_at(int directory, const char* path, int flags) override;
  int open_at2(int directory, const char* path, int flags, uint64_t resolve) override;
  int status(int fd, struct stat* out) override;
  int64_t born_ns(int) override { return 0; }  // no inode's number is given again
  ssize_t read_names(int, void*, size_t) override { return -ENOSYS; }  // no case lists a folder
  ssize_t read_link(const char* path, char* buffer, size_t length) override;
  ssize_t read_at(int fd, void* buffer, size_t length, off_t offset) override;
  ssize_t read_at_cached(int fd, void* buffer, size_t length, off_t offset) override;
  int64_t cached_pages(int fd, off_t offset, size_t length) override;
  int write_back(int fd, off_t offset, size_t length) override;
  int drop_cached(int fd, off_t offset, size_t length) override;
  const uint8_t* file_map(int fd, size_t length) override;
  int file_unmap(const uint8_t* base, size_t length) override;
  int clone_unnamed(const char* directory, int fd) override;

  int lease_take(int fd, int owner, int signal) override;
  int lease_drop(int fd) override;
  bool lease_whole(int fd) override;

  int64_t now_ns() override { return now_ns_; }
  int64_t ticks_ms() override { return ticks_ns_ / 1'000'000; }

  int memory_create(const char* name) override;
  int memory_resize(int fd, off_t length) override;
  int memory_make_huge(int fd, size_t length) override;
  ssize_t memory_write(int fd, const void* buffer, size_t length, off_t offset) override;
  const uint8_t* memory_map(int fd, size_t length) override;
  int memory_seal(int fd) override;
  int memory_unmap(const uint8_t* base, size_t length) override;

  // ---- for the driver ----
  int make_listener(size_t backlog_max);
  // A peer number, or -1: the backlog is full.
  int connect(int listener, size_t receive_max, size_t send_max, size_t window, Nearness nearness);
  bool deliver();                          // packets arrive; true when something did
  Socket* peer(uint32_t number) { return number < peers_.size() ? peers_[number].get() : nullptr; }
  void relieve();                          // memory pressure ends
  void advance(int64_t ms);
  void set_back(int64_t ms) { now_ns_ -= ms * 1'000'000; }  // the wall clock, as an administrator or NTP does
  bool ready(int epoll_index) const;       // of the epoll sets in order of their making
  // `act` happens `calls` system calls from now: in the middle of a burst, or of a job.
  void later(uint64_t calls, std::function<void()> act);
  void settle_later();                     // what was put off happens now
  void begin_step() { step_began_ = calls_; }
  bool blocking_allowed(bool allowed) { return std::exchange(blocking_allowed_, allowed); }  // true in pool threads
  // `act` happens in the middle of the next pool job, so many of its calls from now: another thread's doing.
  void meanwhile(uint64_t calls, std::function<void()> act);
  void violation(const std::string& text);
  // What sigtimedwait would give the guard: a descriptor; or SIGIO.
  std::optional<int> take_signal();
  bool take_overflow() { return std::exchange(overflow_, false); }

  Random random;
  Faults faults{random};
  Disk disk;
  Leases leases{disk, ticks_ns_, [this](int fd) { signal(fd); }};
  FileMappings file_mappings;
  static constexpr int kGuardThread = 1;
  static constexpr int kLeaseSignal = 42;
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
  int unsealed() const;  // segments of the arena that could still be written
  ssize_t trace(char call, int fd, ssize_t result);
  int open_found(const Disk::Found& found, int flags);
  void elsewhere();  // what other threads do meanwhile
  void signal(int fd);
  // What sendmsg and sendfile have in common: how much is taken now, or what is answered at once; then, what is in.
  struct Taken {
    ssize_t n;
    bool crowded;
  };
  Taken taken(Socket& to, size_t total);
  ssize_t push(Socket& to, Taken taken, size_t appended, size_t total, bool more);
  size_t append(Socket& to, const iovec& part, size_t length);
  ssize_t read_memory(const Memory& memory, void* buffer, size_t length, size_t offset);
  std::shared_ptr<OpenFile> file(int fd, const char* call);

  const Features features_;
  std::map<int, std::shared_ptr<Object>> objects_;
  std::vector<std::weak_ptr<Epoll>> epolls_;
  std::vector<std::shared_ptr<Socket>> peers_;
  Mappings mappings_;
  std::multimap<uint64_t, std::function<void()>> later_;
  uint64_t meanwhile_calls_ = 0;
  std::function<void()> meanwhile_;
  std::deque<int> signals_;  // of broken leases: descriptors
  bool overflow_ = false;
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
