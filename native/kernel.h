// The kernel as an argument: every system call the engine makes goes through this one table, so that the same
// engine runs on Linux (kernel_linux.cc) and on a simulated kernel with seeded faults (test/simulated).
//
// Convention: a call returns its result, or -errno. Nothing here decides anything.
#pragma once

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

namespace pagecast {

// Of x86-64, and of arm64 with pages of 4 KiB; elsewhere memory_make_huge() is refused.
constexpr size_t kHugePageBytes = 2u << 20;

// How near a peer is, and so what it means that it has acknowledged bytes which were sent from shared pages.
enum class Nearness {
  network,  // behind a network interface: the bytes have left this machine
  unknown,  // behind a veth, bridge or tunnel: perhaps on this machine, with our pages in its receive queue
  host,     // on this machine
};

class Kernel {
 public:
  virtual ~Kernel() = default;

  // Readiness: epoll(7), eventfd(2).
  virtual int epoll_create() = 0;
  virtual int epoll_control(int epoll, int operation, int fd, epoll_event* event) = 0;
  virtual int epoll_poll(int epoll, epoll_event* events, int count) = 0;  // never waits
  virtual int event_create() = 0;
  virtual int event_signal(int fd) = 0;
  virtual int event_clear(int fd) = 0;
  virtual int timer_create() = 0;  // timerfd_create(2): becomes readable once, event_clear() when it was seen
  virtual int timer_arm(int fd, int64_t after_ms) = 0;

  // Connections: socket(7), tcp(7), sendfile(2).
  virtual int accept(int listener, sockaddr* address, socklen_t* length) = 0;  // nonblocking, close-on-exec
  virtual int duplicate(int fd) = 0;  // close-on-exec
  virtual int peer_name(int fd, sockaddr* address, socklen_t* length) = 0;
  virtual ssize_t receive(int fd, void* buffer, size_t length) = 0;
  virtual ssize_t send(int fd, const iovec* parts, size_t count, bool more) = 0;
  virtual ssize_t send_file(int fd, int file, off_t offset, size_t length) = 0;
  virtual int shutdown_send(int fd) = 0;
  virtual int unacknowledged(int fd) = 0;  // SIOCOUTQ: bytes that the peer's kernel has not confirmed
  virtual int bound_unsent(int fd, int bytes) = 0;  // TCP_NOTSENT_LOWAT
  virtual Nearness nearness(int fd, const sockaddr_in6& peer) = 0;
  virtual int reset(int fd) = 0;  // SO_LINGER 0: the close that follows sends RST
  virtual int close(int fd) = 0;

  // Files: openat2(2), stat(2), pread(2), cachestat(2).
  virtual int open_at(int directory, const char* path, int flags) = 0;
  virtual int open_at2(int directory, const char* path, int flags, uint64_t resolve) = 0;
  virtual int status(int fd, struct stat* out) = 0;
  virtual int64_t born_ns(int fd) = 0;  // statx(2) STATX_BTIME; 0 where it is not known
  virtual ssize_t read_link(const char* path, char* buffer, size_t length) = 0;
  virtual ssize_t read_at(int fd, void* buffer, size_t length, off_t offset) = 0;
  virtual ssize_t read_at_cached(int fd, void* buffer, size_t length, off_t offset) = 0;  // RWF_NOWAIT
  virtual int64_t cached_pages(int fd, off_t offset, size_t length) = 0;                  // cachestat: 6.5
  virtual ssize_t read_names(int fd, void* buffer, size_t length) = 0;  // getdents64(2)
  virtual int write_back(int fd, off_t offset, size_t length) = 0;   // sync_file_range: waits until it is on disk
  virtual int drop_cached(int fd, off_t offset, size_t length) = 0;  // POSIX_FADV_DONTNEED: clean pages nobody refers to
  virtual const uint8_t* file_map(int fd, size_t length) = 0;        // r--s; null on failure
  virtual int file_unmap(const uint8_t* base, size_t length) = 0;
  virtual int clone_unnamed(const char* directory, int fd) = 0;      // O_TMPFILE and FICLONE: a descriptor

  // Read leases: F_SETLEASE in fcntl(2). Whoever opens the file for writing waits until we drop it; thread `owner` (a
  // kernel thread id) hears of it by `signal`, with the descriptor.
  virtual int lease_take(int fd, int owner, int signal) = 0;
  virtual int lease_drop(int fd) = 0;
  virtual bool lease_whole(int fd) = 0;  // F_GETLEASE: nobody has asked us to drop it

  virtual int64_t now_ns() = 0;     // CLOCK_REALTIME
  virtual int64_t ticks_ms() = 0;   // CLOCK_MONOTONIC_COARSE: no system call

  // Private memory: memfd_create(2), F_ADD_SEALS in fcntl(2).
  virtual int memory_create(const char* name) = 0;
  virtual int memory_resize(int fd, off_t length) = 0;
  // MADV_COLLAPSE of a memory file that nothing was written to; `length` in whole huge pages. Other than 0 changes nothing.
  virtual int memory_make_huge(int fd, size_t length) = 0;
  virtual ssize_t memory_write(int fd, const void* buffer, size_t length, off_t offset) = 0;
  virtual const uint8_t* memory_map(int fd, size_t length) = 0;  // r--s through a read-only reopen; null on failure
  virtual int memory_seal(int fd) = 0;
  virtual int memory_unmap(const uint8_t* base, size_t length) = 0;
};

Kernel& linux_kernel();

}  // namespace pagecast
