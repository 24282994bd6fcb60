#include "private_memory.h"

#include <cerrno>
#include <memory>
#include <utility>

namespace pagecast {
namespace {

constexpr size_t kPageBytes = 4096;

constexpr size_t rounded(size_t length, size_t unit) { return (length + unit - 1) / unit * unit; }

}  // namespace

struct Slab {
  int fd;
  size_t bytes;
  size_t filled;
  int writers;  // copies that were taken and not kept yet
  int copies;
  bool full;    // nothing will be added
  bool sealed;
};

int PrivateMemory::take(size_t length, PrivateCopy& out) {
  std::lock_guard lock(mutex_);
  const int error = place(length, out);
  if (error < 0) refused += 1;
  return error;
}

int PrivateMemory::place(size_t length, PrivateCopy& out) {
  const size_t needed = rounded(length, kPageBytes);
  const bool shares = needed <= kSlabBytes / 2;
  Slab* slab = shares ? filling_ : nullptr;
  if (slab != nullptr && slab->filled + needed > slab->bytes) {
    filling_ = nullptr;
    slab->full = true;
    settle(slab);
    slab = nullptr;
  }
  if (slab == nullptr) {
    const size_t roomy = rounded(needed, kSlabBytes);
    const bool fits = bytes + roomy <= budget();
    if (const int error = make(fits ? roomy : needed, &slab); error < 0) return error;
    slab->full = !fits || !shares;
    if (!slab->full) filling_ = slab;
  }
  out = {slab, slab->fd, slab->filled, false};
  slab->filled += needed;
  slab->copies += 1;
  slab->writers += 1;
  return 0;
}

int PrivateMemory::make(size_t size, Slab** out) {
  if (bytes + size > budget()) return -ENOBUFS;
  const int fd = kernel_.memory_create("pagecast-private");
  if (fd < 0) return fd;
  if (const int error = kernel_.memory_resize(fd, static_cast<off_t>(size)); error < 0) {
    kernel_.close(fd);
    return error;
  }
  if (size % kHugePageBytes == 0) kernel_.memory_make_huge(fd, size);
  *out = new Slab{fd, size, 0, 0, 0, false, false};
  bytes += size;
  return 0;
}

void PrivateMemory::keep(PrivateCopy& copy) {
  std::lock_guard lock(mutex_);
  copy.kept = true;
  copies += 1;
  copy.slab->writers -= 1;
  settle(copy.slab);
}

void PrivateMemory::give_back(PrivateCopy& copy) {
  if (copy.slab == nullptr) return;
  std::lock_guard lock(mutex_);
  const PrivateCopy gone = std::exchange(copy, {});
  gone.slab->copies -= 1;
  if (!gone.kept) gone.slab->writers -= 1;
  // What was filled before stays where it is: an empty slab starts anew instead.
  if (gone.slab->copies == 0 && gone.slab == filling_) {
    filling_ = nullptr;
    gone.slab->full = true;
  }
  settle(gone.slab);
}

// Seals a slab that nobody writes to any more, and lets go of one that nobody uses.
void PrivateMemory::settle(Slab* slab) {
  if (!slab->full || slab->writers > 0) return;
  if (slab->copies > 0) {
    if (!std::exchange(slab->sealed, true)) kernel_.memory_seal(slab->fd);
    return;
  }
  kernel_.close(slab->fd);
  bytes -= slab->bytes;
  delete slab;
}

}  // namespace pagecast
