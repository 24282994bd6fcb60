// What the guard asks of the kernel: leases and their signals, which pages are referred to, copies of a file.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "kernel.h"

namespace pagecast::simulated {

std::shared_ptr<OpenFile> SimulatedKernel::file(int fd, const char* call) {
  return object<OpenFile>(fd, {Kind::file}, call) == nullptr ? nullptr : std::static_pointer_cast<OpenFile>(objects_.at(fd));
}

// ---- leases ----

int SimulatedKernel::lease_take(int fd, int owner, int signal) {
  enter();
  const auto leased = file(fd, "F_SETLEASE");
  if (!leased) return -EBADF;
  if (owner != kGuardThread || signal != kLeaseSignal) violation("a lease of which the guard would not hear");
  int result;
  if (faults.strikes(Fault::leaseDenied)) result = -EACCES;
  else if (faults.strikes(Fault::leaseUnsupported)) result = -EINVAL;
  else result = leases.take(fd, leased);
  return static_cast<int>(trace('L', fd, result));
}

int SimulatedKernel::lease_drop(int fd) {
  enter();
  const auto leased = file(fd, "F_SETLEASE");
  return leased ? static_cast<int>(trace('U', fd, leases.drop(*leased))) : -EBADF;
}

bool SimulatedKernel::lease_whole(int fd) {
  enter();
  const auto leased = file(fd, "F_GETLEASE");
  return leased && trace('G', fd, leases.whole(*leased)) != 0;
}

void SimulatedKernel::signal(int fd) {
  if (faults.strikes(Fault::signalLost)) overflow_ = true;
  else signals_.push_back(fd);
}

std::optional<int> SimulatedKernel::take_signal() {
  if (signals_.empty() || faults.strikes(Fault::signalLate)) return std::nullopt;
  const int fd = signals_.front();
  signals_.pop_front();
  return fd;
}

// ---- other threads ----

void SimulatedKernel::meanwhile(uint64_t calls, std::function<void()> act) {
  meanwhile_calls_ = calls;
  meanwhile_ = std::move(act);
}

// Called where no lock of the process is held that the guard thread could want.
void SimulatedKernel::elsewhere() {
  if (!blocking_allowed_ || !meanwhile_ || meanwhile_calls_-- > 0) return;
  std::exchange(meanwhile_, nullptr)();
}

// ---- what a peer has, and how near it is ----

int SimulatedKernel::unacknowledged(int fd) {
  enter();
  const Socket* of = socket(fd, "SIOCOUTQ");
  return of == nullptr ? -EBADF : static_cast<int>(trace('q', fd, static_cast<ssize_t>(of->unacknowledged())));
}

int SimulatedKernel::bound_unsent(int fd, int) {
  enter();
  return socket(fd, "TCP_NOTSENT_LOWAT") == nullptr ? -EBADF : static_cast<int>(trace('b', fd, 0));
}

Nearness SimulatedKernel::nearness(int fd, const sockaddr_in6&) {
  enter();
  const Socket* of = socket(fd, "getsockopt");
  return of == nullptr ? Nearness::unknown : of->nearness;
}

// ---- the page cache ----

int SimulatedKernel::write_back(int fd, off_t, size_t) {
  enter();
  must_not_block("sync_file_range");
  const auto written = file(fd, "sync_file_range");
  if (!written) return -EBADF;
  written->inode->write_back();
  return static_cast<int>(trace('y', fd, 0));
}

// mm/fadvise.c: whole pages only, but for the last of the file; not dirty ones, not those that somebody refers to.
int SimulatedKernel::drop_cached(int fd, off_t offset, size_t length) {
  enter();
  must_not_block("posix_fadvise");
  const auto dropped = file(fd, "posix_fadvise");
  if (!dropped) return -EBADF;
  Inode& inode = *dropped->inode;
  const size_t from = (static_cast<size_t>(offset) + kPageBytes - 1) / kPageBytes;
  const size_t end = static_cast<size_t>(offset) + length;
  const size_t to = end >= inode.size ? inode.pages.size() : end / kPageBytes;
  for (size_t i = from; features_.droppable && i < to; ++i) {
    if (!inode.pages[i]->dirty && !referenced(inode.pages[i])) inode.pages[i]->resident = false;
  }
  return static_cast<int>(trace('d', fd, 0));
}

const uint8_t* SimulatedKernel::file_map(int fd, size_t length) {
  enter();
  const auto mapped = file(fd, "mmap");
  if (!mapped || length == 0 || faults.strikes(Fault::mapRefused)) return nullptr;
  trace('m', fd, static_cast<ssize_t>(length));
  return file_mappings.map(mapped, length);
}

int SimulatedKernel::file_unmap(const uint8_t* base, size_t length) {
  enter();
  if (file_mappings.unmap(base, length)) return static_cast<int>(trace('u', 0, 0));
  violation("munmap of what is not mapped");
  return static_cast<int>(trace('u', 0, -EINVAL));
}

// FICLONE writes the file back first; the copy's own page cache is empty.
int SimulatedKernel::clone_unnamed(const char* directory, int fd) {
  enter();
  must_not_block("FICLONE");
  elsewhere();
  const auto cloned = file(fd, "FICLONE");
  if (!cloned) return -EBADF;
  const Disk::Found folder = disk.walk(disk.root(), directory, 0, false);
  if (folder.error < 0) return static_cast<int>(trace('f', fd, folder.error));
  if (!S_ISDIR(folder.inode->mode)) return static_cast<int>(trace('f', fd, -ENOTDIR));
  if (!features_.reflink) return static_cast<int>(trace('f', fd, -EOPNOTSUPP));
  cloned->inode->write_back();
  const int result = add(std::make_shared<OpenFile>(Kind::file, cloned->inode->clone(), "(unnamed)"));
  return static_cast<int>(trace('f', fd, result));
}

}  // namespace pagecast::simulated
