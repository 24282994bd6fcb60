// Kernel on Linux: one wrapper per call, errno turned into a value.
#include <cerrno>
#include <cstdio>
#include <ctime>

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "kernel.h"
#include "peers.h"

#ifndef SYS_cachestat
#define SYS_cachestat 451  // the same number on every architecture that got it (Linux 6.5)
#endif

namespace pagecast {
namespace {

constexpr int kCollapse = 25;  // MADV_COLLAPSE, Linux 6.1: newer than most headers

// linux/mman.h of 6.5; older headers do not have them.
struct CachestatRange {
  uint64_t offset;
  uint64_t length;
};
struct Cachestat {
  uint64_t cached, dirty, writeback, evicted, recently_evicted;
};

template <typename T>
T value(T result) {
  return result < 0 ? static_cast<T>(-errno) : result;
}

class LinuxKernel final : public Kernel {
 public:
  int epoll_create() override { return value(::epoll_create1(EPOLL_CLOEXEC)); }
  int epoll_control(int epoll, int operation, int fd, epoll_event* event) override {
    return value(::epoll_ctl(epoll, operation, fd, event));
  }
  int epoll_poll(int epoll, epoll_event* events, int count) override { return value(::epoll_wait(epoll, events, count, 0)); }
  int event_create() override { return value(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }
  int event_signal(int fd) override { return value(::eventfd_write(fd, 1)); }
  int event_clear(int fd) override {
    eventfd_t count;
    return value(::eventfd_read(fd, &count));
  }
  int timer_create() override { return value(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)); }
  int timer_arm(int fd, int64_t after_ms) override {
    itimerspec when{};
    when.it_value = {after_ms / 1000, after_ms % 1000 * 1'000'000};
    return value(::timerfd_settime(fd, 0, &when, nullptr));
  }

  int accept(int listener, sockaddr* address, socklen_t* length) override {
    return value(::accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  }
  int duplicate(int fd) override { return value(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); }
  int peer_name(int fd, sockaddr* address, socklen_t* length) override { return value(::getpeername(fd, address, length)); }
  ssize_t receive(int fd, void* buffer, size_t length) override { return value(::recv(fd, buffer, length, MSG_DONTWAIT)); }
  ssize_t send(int fd, const iovec* parts, size_t count, bool more) override {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts);
    message.msg_iovlen = count;
    return value(::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0)));
  }
  // Node ignores SIGPIPE for the whole process, which sendfile has no flag for.
  ssize_t send_file(int fd, int file, off_t offset, size_t length) override {
    return value(::sendfile(fd, file, &offset, length));
  }
  int unacknowledged(int fd) override {
    int bytes = 0;
    const int result = value(::ioctl(fd, SIOCOUTQ, &bytes));
    return result < 0 ? result : bytes;
  }
  int bound_unsent(int fd, int bytes) override { return value(::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes)); }
  Nearness nearness(int fd, const sockaddr_in6& peer) override { return nearness_of(fd, peer); }
  int shutdown_send(int fd) override { return value(::shutdown(fd, SHUT_WR)); }
  int reset(int fd) override {
    linger hard{1, 0};
    return value(::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
  }
  int close(int fd) override { return value(::close(fd)); }

  int open_at(int directory, const char* path, int flags) override { return value(::openat(directory, path, flags)); }
  int open_at2(int directory, const char* path, int flags, uint64_t resolve) override {
    open_how how{};
    how.flags = static_cast<uint64_t>(flags);
    how.resolve = resolve;
    return static_cast<int>(value(::syscall(SYS_openat2, directory, path, &how, sizeof how)));
  }
  int status(int fd, struct stat* out) override { return value(::fstat(fd, out)); }
  int64_t born_ns(int fd) override {
    struct statx all{};
    if (::statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &all) < 0 || (all.stx_mask & STATX_BTIME) == 0) return 0;
    return all.stx_btime.tv_sec * 1'000'000'000LL + all.stx_btime.tv_nsec;
  }
  ssize_t read_names(int fd, void* buffer, size_t length) override { return value(::syscall(SYS_getdents64, fd, buffer, length)); }
  ssize_t read_link(const char* path, char* buffer, size_t length) override { return value(::readlink(path, buffer, length)); }
  ssize_t read_at(int fd, void* buffer, size_t length, off_t offset) override {
    return value(::pread(fd, buffer, length, offset));
  }
  ssize_t read_at_cached(int fd, void* buffer, size_t length, off_t offset) override {
    iovec part{buffer, length};
    return value(::preadv2(fd, &part, 1, offset, RWF_NOWAIT));
  }
  int64_t cached_pages(int fd, off_t offset, size_t length) override {
    CachestatRange range{static_cast<uint64_t>(offset), length};
    Cachestat found{};
    const long result = value(::syscall(SYS_cachestat, fd, &range, &found, 0));
    return result < 0 ? result : static_cast<int64_t>(found.cached);
  }
  int write_back(int fd, off_t offset, size_t length) override {
    return value(::sync_file_range(fd, offset, static_cast<off_t>(length),
                                   SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER));
  }
  int drop_cached(int fd, off_t offset, size_t length) override {
    return -::posix_fadvise(fd, offset, static_cast<off_t>(length), POSIX_FADV_DONTNEED);
  }
  const uint8_t* file_map(int fd, size_t length) override {
    void* base = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, fd, 0);
    return base == MAP_FAILED ? nullptr : static_cast<const uint8_t*>(base);
  }
  int file_unmap(const uint8_t* base, size_t length) override { return value(::munmap(const_cast<uint8_t*>(base), length)); }
  int clone_unnamed(const char* directory, int fd) override {
    const int clone = value(::open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (clone < 0) return clone;
    const int error = value(::ioctl(clone, FICLONE, fd));
    if (error == 0) return clone;
    ::close(clone);
    return error;
  }

  // Owner and signal first: a break between would go to nobody, or end the process by SIGIO's default action.
  int lease_take(int fd, int owner, int signal) override {
    const f_owner_ex who{F_OWNER_TID, owner};
    int error = value(::fcntl(fd, F_SETOWN_EX, &who));
    if (error == 0) error = value(::fcntl(fd, F_SETSIG, signal));
    if (error == 0) error = value(::fcntl(fd, F_SETLEASE, F_RDLCK));
    return error;
  }
  int lease_drop(int fd) override { return value(::fcntl(fd, F_SETLEASE, F_UNLCK)); }
  bool lease_whole(int fd) override { return ::fcntl(fd, F_GETLEASE) == F_RDLCK; }

  int64_t now_ns() override {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
  }
  int64_t ticks_ms() override {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec * 1'000LL + now.tv_nsec / 1'000'000;
  }

  int memory_create(const char* name) override { return value(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)); }
  int memory_resize(int fd, off_t length) override { return value(::ftruncate(fd, length)); }
  int memory_make_huge(int fd, size_t length) override {
    // Only aligned as in the file can its mapping be gathered, and only where at least one page is there.
    const size_t room = length + kHugePageBytes;
    void* reserved = ::mmap(nullptr, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED) return -errno;
    const auto first = (reinterpret_cast<uintptr_t>(reserved) + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
    void* base = ::mmap(reinterpret_cast<void*>(first), length, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
    int error = base == MAP_FAILED ? -errno : 0;
    for (size_t at = 0; error == 0 && at < length; at += kHugePageBytes) error = ::pwrite(fd, "", 1, static_cast<off_t>(at)) < 0 ? -errno : 0;
    if (error == 0) error = value(::madvise(base, length, kCollapse));
    ::munmap(reserved, room);
    return error;
  }
  ssize_t memory_write(int fd, const void* buffer, size_t length, off_t offset) override {
    return value(::pwrite(fd, buffer, length, offset));
  }
  const uint8_t* memory_map(int fd, size_t length) override {
    // A mapping of a writable descriptor would stand in the way of F_SEAL_WRITE, also a read-only one.
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const int reader = ::open(path, O_RDONLY | O_CLOEXEC);
    if (reader < 0) return nullptr;
    void* base = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, reader, 0);
    ::close(reader);
    return base == MAP_FAILED ? nullptr : static_cast<const uint8_t*>(base);
  }
  int memory_seal(int fd) override {
    return value(::fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL));
  }
  int memory_unmap(const uint8_t* base, size_t length) override {
    return value(::munmap(const_cast<uint8_t*>(base), length));
  }
};

}  // namespace

Kernel& linux_kernel() {
  static LinuxKernel* kernel = new LinuxKernel();  // never destroyed: pool threads outlive static destructors
  return *kernel;
}

}  // namespace pagecast
