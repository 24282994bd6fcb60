// Files and private memory of the simulated kernel.
#include <fcntl.h>
#include <linux/openat2.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "kernel.h"

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20
#endif

namespace pagecast::simulated {
namespace {
constexpr auto kFiles = {Kind::file, Kind::place};
constexpr auto kMemory = {Kind::memory};

size_t cold_pages(const Inode& inode, size_t from, size_t end) {
  size_t cold = 0;
  for (size_t page = from / kPageBytes; page * kPageBytes < end; ++page) cold += !inode.pages[page]->resident;
  return cold;
}
}  // namespace

// ---- names ----

int SimulatedKernel::open_found(const Disk::Found& found, int flags) {
  if (found.error < 0) return found.error;
  if ((flags & O_DIRECTORY) && !S_ISDIR(found.inode->mode)) return -ENOTDIR;
  if (faults.strikes(Fault::openNoDescriptor)) return -EMFILE;
  return add(std::make_shared<OpenFile>(flags & O_PATH ? Kind::place : Kind::file, found.inode, found.path));
}

int SimulatedKernel::open_at(int directory, const char* path, int flags) {
  enter();
  must_not_block("openat");
  std::shared_ptr<Inode> start = disk.root();
  if (directory != AT_FDCWD) {
    const auto* place = object<OpenFile>(directory, kFiles, "openat");
    if (place == nullptr) return -EBADF;
    start = place->inode;
  }
  return static_cast<int>(trace('o', directory, open_found(disk.walk(start, path, 0, flags & O_NOFOLLOW), flags)));
}

int SimulatedKernel::open_at2(int directory, const char* path, int flags, uint64_t resolve) {
  enter();
  if (!features_.openat2) return static_cast<int>(trace('O', directory, -ENOSYS));
  if (resolve & RESOLVE_CACHED) {
    if (!features_.resolve_cached) return static_cast<int>(trace('O', directory, -EINVAL));
    if (faults.strikes(Fault::cacheMissed)) return static_cast<int>(trace('O', directory, -EAGAIN));
  } else {
    must_not_block("openat2");
  }
  if ((resolve & RESOLVE_BENEATH) && faults.strikes(Fault::openRaced)) return static_cast<int>(trace('O', directory, -EAGAIN));
  std::shared_ptr<Inode> start = disk.root();
  if (directory != AT_FDCWD) {
    const auto* place = object<OpenFile>(directory, kFiles, "openat2");
    if (place == nullptr) return -EBADF;
    start = place->inode;
  }
  return static_cast<int>(trace('O', directory, open_found(disk.walk(start, path, resolve, flags & O_NOFOLLOW), flags)));
}

int SimulatedKernel::status(int fd, struct stat* out) {
  enter();
  const auto* file = object<OpenFile>(fd, kFiles, "fstat");
  if (file == nullptr) return -EBADF;
  elsewhere();
  fill_status(*file->inode, *out);
  trace('t', fd, static_cast<ssize_t>(out->st_size));
  return 0;
}

ssize_t SimulatedKernel::read_link(const char* path, char* buffer, size_t length) {
  enter();
  int fd = -1;
  if (std::sscanf(path, "/proc/self/fd/%d", &fd) != 1) return trace('k', fd, -ENOENT);
  const auto* file = object<OpenFile>(fd, kFiles, "readlink");
  if (file == nullptr) return -ENOENT;
  const size_t n = std::min(length, file->path.size());
  std::memcpy(buffer, file->path.data(), n);
  return trace('k', fd, static_cast<ssize_t>(n));
}

// ---- bytes ----

ssize_t SimulatedKernel::read_at(int fd, void* buffer, size_t length, off_t offset) {
  enter();
  const auto* from = object<Object>(fd, {Kind::file, Kind::memory}, "pread");
  if (from == nullptr) return -EBADF;
  if (from->kind == Kind::memory) return trace('R', fd, read_memory(static_cast<const Memory&>(*from), buffer, length, static_cast<size_t>(offset)));
  const auto* file = static_cast<const OpenFile*>(from);
  const size_t end = std::min(static_cast<size_t>(offset) + length, file->inode->size);
  const bool cold = cold_pages(*file->inode, static_cast<size_t>(offset), end) > 0;
  if (cold && !blocking_allowed_) ++cold_sends_;  // pread of what is in memory does not block
  if (faults.strikes(Fault::interrupted)) return trace('R', fd, -EINTR);
  if (faults.strikes(Fault::readFailed)) return trace('R', fd, -EIO);
  elsewhere();
  Inode& inode = *file->inode;
  const auto at = std::min(static_cast<size_t>(offset), inode.size);
  size_t n = std::min(length, inode.size - at);
  if (n > 1 && faults.strikes(Fault::readShort)) n = 1 + random.below(n - 1);
  inode.read(at, static_cast<uint8_t*>(buffer), n);
  make_resident(inode, at, n);
  return trace('R', fd, static_cast<ssize_t>(n));
}

ssize_t SimulatedKernel::read_at_cached(int fd, void* buffer, size_t length, off_t offset) {
  enter();
  const auto* file = object<OpenFile>(fd, {Kind::file}, "preadv2");
  if (file == nullptr) return -EBADF;
  if (!features_.read_nowait) return trace('n', fd, -EOPNOTSUPP);
  const Inode& inode = *file->inode;
  const auto at = std::min(static_cast<size_t>(offset), inode.size);
  size_t n = std::min(length, inode.size - at);
  if (n > 0 && resident_pages(inode, at, 1) == 0) return trace('n', fd, -EAGAIN);
  // As far as it is there.
  for (size_t page = at / kPageBytes; page * kPageBytes < at + n; ++page) {
    if (!inode.pages[page]->resident) n = page * kPageBytes - at;
  }
  inode.read(at, static_cast<uint8_t*>(buffer), n);
  return trace('n', fd, static_cast<ssize_t>(n));
}

int64_t SimulatedKernel::cached_pages(int fd, off_t offset, size_t length) {
  enter();
  const auto* file = object<OpenFile>(fd, {Kind::file}, "cachestat");
  if (file == nullptr) return -EBADF;
  elsewhere();
  if (!features_.cachestat) return trace('g', fd, -ENOSYS);
  return trace('g', fd, features_.cachestat_counts ? resident_pages(*file->inode, static_cast<size_t>(offset), length) : 0);
}

// Of a file, refers to its pages. Of private memory, nobody can tell: that it never changes is watched over elsewhere.
ssize_t SimulatedKernel::send_file(int fd, int file, off_t offset, size_t length) {
  enter();
  Socket* to = socket(fd, "sendfile");
  auto* from = object<Object>(file, {Kind::file, Kind::memory}, "sendfile");
  if (to == nullptr || from == nullptr) return -EBADF;
  if (to->is_shut()) violation("sendfile behind our own FIN");
  if (length == 0) violation("sendfile of nothing");
  if (faults.strikes(Fault::interrupted)) return trace('S', fd, -EINTR);
  if (faults.strikes(Fault::sendfileFailed)) {
    to->broken = true;
    return trace('S', fd, -EIO);
  }
  if (faults.strikes(Fault::connectionReset)) {
    to->abort();
    to->broken = true;
  }
  auto* memory = from->kind == Kind::memory ? static_cast<Memory*>(from) : nullptr;
  Inode* inode = memory == nullptr ? static_cast<OpenFile*>(from)->inode.get() : nullptr;
  const size_t size = memory == nullptr ? inode->size : memory->size;
  const auto at = static_cast<size_t>(offset);
  if (at >= size) return trace('S', fd, 0);
  size_t total = std::min(length, size - at);
  if (total > 1 && faults.strikes(Fault::sendfileShort)) total = 1 + random.below(total - 1);
  const Taken taken = this->taken(*to, total);
  if (taken.n < 0) return trace('S', fd, taken.n);
  const auto n = static_cast<size_t>(taken.n);
  if (memory != nullptr) {
    memory->was_sent_now(at, at + n);
    to->append(memory->base + at, n);
  } else {
    if (make_resident(*inode, at, n) > 0) ++cold_sends_;
    for (size_t done = 0; done < n;) {
      const size_t into = (at + done) % kPageBytes;
      const size_t some = std::min(kPageBytes - into, n - done);
      to->append(inode->pages[(at + done) / kPageBytes], into, some);
      done += some;
    }
  }
  return trace('S', fd, push(*to, taken, n, total, total < length));
}

// ---- private memory ----

// A body that arrives is written by the loop that receives it, piece by piece; all other memory is filled in the pool.
int SimulatedKernel::memory_create(const char* name) {
  enter();
  if (!Memory(name).grows()) must_not_block("memfd_create");
  elsewhere();
  if (unsealed() > 1) violation("a segment of the arena is full and was not sealed");
  int fd;
  if (faults.strikes(Fault::memoryNoDescriptor)) fd = -EMFILE;
  else if (faults.strikes(Fault::memoryNoMemory)) fd = -ENOMEM;
  else fd = add(std::make_shared<Memory>(name));
  return static_cast<int>(trace('M', fd, fd));
}

int SimulatedKernel::memory_resize(int fd, off_t length) {
  enter();
  must_not_block("ftruncate");
  auto* memory = object<Memory>(fd, kMemory, "ftruncate");
  if (memory == nullptr) return -EBADF;
  if (memory->base != nullptr) violation("a memfd is resized twice");
  if (faults.strikes(Fault::memoryNoMemory)) return static_cast<int>(trace('z', fd, -ENOMEM));
  return static_cast<int>(trace('z', fd, mappings_.resize(*memory, static_cast<size_t>(length))));
}

int SimulatedKernel::memory_make_huge(int fd, size_t length) {
  enter();
  must_not_block("madvise");
  auto* memory = object<Memory>(fd, kMemory, "MADV_COLLAPSE");
  if (memory == nullptr) return -EBADF;
  if (length != memory->size) violation("huge pages for a part of a memfd");
  if (memory->written) violation("huge pages would cost a copy: the memfd was written to");
  return static_cast<int>(trace('h', fd, faults.strikes(Fault::memoryNoMemory) ? -ENOMEM : 0));
}

ssize_t SimulatedKernel::memory_write(int fd, const void* buffer, size_t length, off_t offset) {
  enter();
  auto* memory = object<Memory>(fd, kMemory, "pwrite");
  if (memory == nullptr) return -EBADF;
  if (!memory->grows()) must_not_block("pwrite");
  elsewhere();
  if (memory->sealed) violation("pwrite to a sealed memfd");
  if (memory->was_sent(static_cast<size_t>(offset), static_cast<size_t>(offset) + length)) violation("pwrite to bytes that were sent");
  if (memory->sealed) return trace('w', fd, -EPERM);
  if (!memory->grows() && static_cast<size_t>(offset) + length > memory->size) violation("pwrite beyond the end of a memfd");
  if (!mappings_.readable(buffer, length)) violation("pwrite of memory that is not mapped any more");
  if (faults.strikes(Fault::interrupted)) return trace('w', fd, -EINTR);
  if (length > 1 && faults.strikes(Fault::memoryWriteShort)) length = 1 + random.below(length - 1);
  memory->written = true;
  if (memory->grows()) {
    if (faults.strikes(Fault::memoryNoMemory)) return trace('w', fd, -ENOMEM);
    memory->grow(static_cast<size_t>(offset) + length);
    std::memcpy(memory->base + offset, buffer, length);
  } else {
    mappings_.write(*memory, static_cast<const uint8_t*>(buffer), length, static_cast<size_t>(offset));
  }
  return trace('w', fd, static_cast<ssize_t>(length));
}

ssize_t SimulatedKernel::read_memory(const Memory& memory, void* buffer, size_t length, size_t offset) {
  if (faults.strikes(Fault::interrupted)) return -EINTR;
  if (faults.strikes(Fault::readFailed)) return -EIO;
  const size_t at = std::min(offset, memory.size);
  size_t n = std::min(length, memory.size - at);
  if (n > 1 && faults.strikes(Fault::readShort)) n = 1 + random.below(n - 1);
  std::memcpy(buffer, memory.base + at, n);
  return static_cast<ssize_t>(n);
}

const uint8_t* SimulatedKernel::memory_map(int fd, size_t length) {
  enter();
  must_not_block("mmap");
  auto* memory = object<Memory>(fd, kMemory, "mmap");
  if (memory == nullptr || length != memory->size) return nullptr;
  if (faults.strikes(Fault::memoryNoMemory)) return nullptr;
  trace('m', fd, static_cast<ssize_t>(length));
  mappings_.mapped(*memory);
  return memory->base;
}

int SimulatedKernel::memory_seal(int fd) {
  enter();
  auto* memory = object<Memory>(fd, kMemory, "F_ADD_SEALS");
  if (memory == nullptr) return -EBADF;
  elsewhere();
  memory->sealed = true;
  return static_cast<int>(trace('x', fd, 0));
}

int SimulatedKernel::memory_unmap(const uint8_t* base, size_t length) {
  enter();
  must_not_block("munmap");
  if (mappings_.unmap(base, length)) return static_cast<int>(trace('u', 0, 0));
  violation("munmap of what is not mapped");
  return static_cast<int>(trace('u', 0, -EINVAL));
}

}  // namespace pagecast::simulated
