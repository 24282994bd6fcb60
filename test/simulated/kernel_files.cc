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
  fill_status(*file->inode, *out);
  return static_cast<int>(trace('t', fd, static_cast<ssize_t>(out->st_size)));
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
  must_not_block("pread");
  const auto* file = object<OpenFile>(fd, {Kind::file}, "pread");
  if (file == nullptr) return -EBADF;
  if (faults.strikes(Fault::interrupted)) return trace('R', fd, -EINTR);
  if (faults.strikes(Fault::readFailed)) return trace('R', fd, -EIO);
  const auto& content = file->inode->content;
  const auto at = std::min(static_cast<size_t>(offset), content.size());
  size_t n = std::min(length, content.size() - at);
  if (n > 1 && faults.strikes(Fault::readShort)) n = 1 + random.below(n - 1);
  std::copy_n(content.begin() + static_cast<ptrdiff_t>(at), n, static_cast<uint8_t*>(buffer));
  make_resident(*file->inode, at, n);
  return trace('R', fd, static_cast<ssize_t>(n));
}

ssize_t SimulatedKernel::read_at_cached(int fd, void* buffer, size_t length, off_t offset) {
  enter();
  const auto* file = object<OpenFile>(fd, {Kind::file}, "preadv2");
  if (file == nullptr) return -EBADF;
  if (!features_.read_nowait) return trace('n', fd, -EOPNOTSUPP);
  const auto& content = file->inode->content;
  const auto at = std::min(static_cast<size_t>(offset), content.size());
  const size_t n = std::min(length, content.size() - at);
  if (n > 0 && resident_pages(*file->inode, at, 1) == 0) return trace('n', fd, -EAGAIN);
  std::copy_n(content.begin() + static_cast<ptrdiff_t>(at), n, static_cast<uint8_t*>(buffer));
  return trace('n', fd, static_cast<ssize_t>(n));
}

int64_t SimulatedKernel::cached_pages(int fd, off_t offset, size_t length) {
  enter();
  const auto* file = object<OpenFile>(fd, {Kind::file}, "cachestat");
  if (file == nullptr) return -EBADF;
  if (!features_.cachestat) return trace('g', fd, -ENOSYS);
  return trace('g', fd, features_.cachestat_counts ? resident_pages(*file->inode, static_cast<size_t>(offset), length) : 0);
}

// Copies, where Linux refers to the file's pages until the peer has read them: what a writer does to those meanwhile
// is for the guard to prevent, and will be simulated with it.
ssize_t SimulatedKernel::send_file(int fd, int file, off_t offset, size_t length) {
  enter();
  Socket* to = socket(fd, "sendfile");
  const auto* from = object<OpenFile>(file, {Kind::file}, "sendfile");
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
  const auto& content = from->inode->content;
  const auto at = static_cast<size_t>(offset);
  if (at >= content.size()) return trace('S', fd, 0);
  size_t n = std::min(length, content.size() - at);
  const bool stopped = n > 1 && faults.strikes(Fault::sendfileShort);
  if (stopped) n = 1 + random.below(n - 1);
  const iovec part{const_cast<uint8_t*>(content.data()) + at, n};
  const ssize_t taken = take(*to, &part, 1, n, n < length);
  if (taken > 0) {
    const auto sent = static_cast<size_t>(taken);
    const auto pages = static_cast<int64_t>((at + sent - 1) / kPageBytes - at / kPageBytes + 1);
    if (resident_pages(*from->inode, at, sent) < pages) ++cold_sends_;
    make_resident(*from->inode, at, sent);
  }
  return trace('S', fd, taken);
}

// ---- private memory ----

int SimulatedKernel::memory_create(const char*) {
  enter();
  must_not_block("memfd_create");
  if (unsealed() > 1) violation("a segment of the arena is full and was not sealed");
  int fd;
  if (faults.strikes(Fault::memoryNoDescriptor)) fd = -EMFILE;
  else if (faults.strikes(Fault::memoryNoMemory)) fd = -ENOMEM;
  else fd = add(std::make_shared<Memory>());
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

ssize_t SimulatedKernel::memory_write(int fd, const void* buffer, size_t length, off_t offset) {
  enter();
  must_not_block("pwrite");
  auto* memory = object<Memory>(fd, kMemory, "pwrite");
  if (memory == nullptr) return -EBADF;
  if (memory->sealed) violation("pwrite to a sealed memfd");
  if (memory->sealed) return trace('w', fd, -EPERM);
  if (static_cast<size_t>(offset) + length > memory->size) violation("pwrite beyond the end of a memfd");
  if (!mappings_.readable(buffer, length)) violation("pwrite of memory that is not mapped any more");
  if (faults.strikes(Fault::interrupted)) return trace('w', fd, -EINTR);
  if (length > 1 && faults.strikes(Fault::memoryWriteShort)) length = 1 + random.below(length - 1);
  mappings_.write(*memory, static_cast<const uint8_t*>(buffer), length, static_cast<size_t>(offset));
  return trace('w', fd, static_cast<ssize_t>(length));
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
