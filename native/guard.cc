#include "guard.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine.h"
#include "jobs.h"

namespace pagecast {
namespace {

constexpr int kProbeTriesMax = 16;
constexpr int kProbeWorks = -1;
constexpr uint64_t kPageBytes = 4096;

}  // namespace

void Guard::begin(int thread, int signal) {
  std::lock_guard lock(mutex_);
  thread_ = thread;
  signal_ = signal;
}

void Guard::limit(const GuardLimits& limits) {
  std::lock_guard lock(mutex_);
  limits_ = limits;
}

GuardLimits Guard::limits() {
  std::lock_guard lock(mutex_);
  return limits_;
}

void Guard::join(const std::shared_ptr<Mailbox>& engine) {
  std::lock_guard lock(mutex_);
  engines_.push_back(engine);
}

void Guard::leave(const std::shared_ptr<Mailbox>& engine) {
  std::lock_guard lock(mutex_);
  std::erase(engines_, engine);
}

// ---- pool threads ----

int Guard::hold(File& file) {
  std::lock_guard lock(mutex_);
  if (thread_ == 0) return -ENOSYS;
  leased_[file.fd] = &file;  // before the lease: a break may come at once
  file.hold = Hold::loading;
  const int error = process_.kernel.lease_take(file.fd, thread_, signal_);
  if (error < 0) {
    leased_.erase(file.fd);
    file.hold = Hold::none;
    if (error != -EAGAIN) counts.leases_refused += 1;
    return error;
  }
  counts.leases += 1;
  counts.leases_taken += 1;
  return 0;
}

bool Guard::loaded(File& file) {
  Hold expected = Hold::loading;
  return file.hold.compare_exchange_strong(expected, Hold::leased);
}

bool Guard::let_go(File& file) {
  std::lock_guard lock(mutex_);
  const auto found = leased_.find(file.fd);
  if (found == leased_.end() || found->second != &file) return false;
  leased_.erase(found);
  counts.leases -= 1;
  // A break that nobody has heard of yet is seen here: F_GETLEASE tells what the lease is about to become.
  const bool whole = file.hold.load() != Hold::broken && process_.kernel.lease_whole(file.fd);
  file.hold = Hold::none;
  process_.kernel.lease_drop(file.fd);
  return whole;
}

bool Guard::is_breaking(const Identity& identity) {
  std::lock_guard lock(mutex_);
  return breaking_.count(inode_key(identity)) > 0;
}

bool Guard::reserve_snapshot(size_t bytes, size_t bytes_max) {
  std::atomic<uint64_t>& used = counts.snapshot_bytes;
  uint64_t before = used.load();
  do {
    if (before + bytes > bytes_max) return false;
  } while (!used.compare_exchange_weak(before, before + bytes));
  return true;
}

// A page that was just read must be seen by cachestat, and be gone after it was dropped: true of ext4 and XFS, not of
// overlayfs (it sees nothing) and tmpfs (it cannot drop). A page that somebody else maps, or a dirty one, proves nothing.
bool Guard::probe_works(File& file) {
  {
    std::lock_guard lock(mutex_);
    int& tries = probe_tries_[file.identity.device];
    if (tries == kProbeWorks || tries >= kProbeTriesMax || file.identity.size == 0) return tries == kProbeWorks;
    ++tries;
  }
  Kernel& kernel = process_.kernel;
  const off_t page = static_cast<off_t>((static_cast<uint64_t>(file.identity.size) - 1) / kPageBytes * kPageBytes);
  uint8_t byte;
  const bool seen = kernel.read_at(file.fd, &byte, 1, page) == 1 && kernel.cached_pages(file.fd, page, kPageBytes) > 0;
  if (seen && kernel.drop_cached(file.fd, page, kPageBytes) == 0 && kernel.cached_pages(file.fd, page, kPageBytes) == 0) {
    std::lock_guard lock(mutex_);
    probe_tries_[file.identity.device] = kProbeWorks;
    return true;
  }
  return false;
}

bool Guard::restless(const Identity& identity) {
  std::lock_guard lock(mutex_);
  const auto found = unrest_.find(inode_key(identity));
  return found != unrest_.end() && found->second.breaks >= 2 && process_.kernel.ticks_ms() - found->second.last_ms < kRestlessMs;
}

void Guard::take_snapshot(Break& at, uint64_t from, uint64_t to) {
  File& file = *at.file;
  // A private copy of all of it serves those who come while the writer writes, too.
  const bool whole = static_cast<size_t>(file.identity.size) <= limits().private_file_bytes_max && process_.files.make_private(file) == 0;
  const int fd = whole ? 0 : snapshot(at, from, to);
  if (fd >= 0) counts.snapshots += 1;
  else counts.snapshots_refused += 1;
  if (!whole && fd >= 0) {
    file.snapshot_from = from;
    file.snapshot_to = to;
    file.snapshot_fd.store(fd, std::memory_order_release);
  }
  at.copy.store(Break::Work::done, std::memory_order_release);
}

// A descriptor with bytes [from, to) at their offsets, or -errno.
int Guard::snapshot(Break& at, uint64_t from, uint64_t to) {
  File& file = *at.file;
  const GuardLimits limits = this->limits();
  int fd = -EOPNOTSUPP;
  if (!limits.snapshot_directory.empty()) fd = process_.kernel.clone_unnamed(limits.snapshot_directory.c_str(), file.fd);
  if (fd < 0) {
    if (!reserve_snapshot(to - from, limits.snapshot_bytes_max)) return -ENOBUFS;
    file.snapshot_bytes = to - from;
    fd = copy_range(at, from, to);
  }
  // open(O_RDONLY|O_TRUNC) empties a leased file without a word.
  struct stat status;
  if (fd >= 0 && (process_.kernel.status(file.fd, &status) < 0 || !same_content(identity_of(status), file.identity))) {
    process_.kernel.close(fd);
    fd = -ESTALE;
  }
  if (fd < 0) counts.snapshot_bytes -= std::exchange(file.snapshot_bytes, 0);
  return fd;
}

// Into memory, at the same offsets: what lies before `from` stays a hole.
int Guard::copy_range(Break& at, uint64_t from, uint64_t to) {
  Kernel& kernel = process_.kernel;
  const int memory = kernel.memory_create("pagecast-snapshot");
  if (memory < 0) return memory;
  int error = kernel.memory_resize(memory, static_cast<off_t>(to));
  std::vector<uint8_t> buffer(std::min<uint64_t>(to - from, 256u << 10));
  for (uint64_t done = from; error == 0 && done < to;) {
    const size_t length = std::min<uint64_t>(buffer.size(), to - done);
    error = at.too_late ? -ETIME : read_exactly(kernel, at.file->fd, buffer.data(), length, done);
    if (error == 0) error = write_exactly(kernel, memory, buffer.data(), length, done);
    done += length;
  }
  if (error == 0) return memory;
  kernel.close(memory);
  return error;
}

}  // namespace pagecast
