// Private copies of hot files that are too large for the arena, and are sent by sendfile(2):
//
//   slab  [ file | file | ......free ]     memfd, filled by pwrite, sealed when full: one huge page
//   slab  [ file ............ | unused ]   a file above half a slab has its own, of whole huge pages
//
// Huge pages, because a socket buffer that refers to 64 KiB of one page costs a fraction of one that refers to 16 pages:
// sendfile from them is cheaper than from the page cache. Where the kernel gives none (before Linux 6.1, or none is
// free) the slab has small ones. Near the budget a file gets a slab of just its size.
//
// Invariants: bytes of a copy that was kept never change; a slab is closed when its last copy is given back, and what a
// socket still refers to the kernel keeps; all changes happen in pool threads, the books under one mutex.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "kernel.h"

namespace pagecast {

struct Slab;

struct PrivateCopy {
  Slab* slab = nullptr;  // null: none
  int fd = -1;
  uint64_t offset = 0;   // of its first byte in the slab
  bool kept = false;
};

class PrivateMemory {
 public:
  static constexpr size_t kSlabBytes = kHugePageBytes;

  explicit PrivateMemory(Kernel& kernel) : kernel_(kernel) {}

  void limit(size_t bytes_max) { bytes_max_ = bytes_max; }
  // Gives no more than this share of the limit, from now on; what is taken already stays.
  void squeeze(double share) { share_ = share; }
  size_t budget() const { return static_cast<size_t>(static_cast<double>(bytes_max_.load()) * share_.load()); }
  // Room for `length` bytes, at least 1, to be written at `out.offset` of `out.fd`: 0, or -errno: -ENOBUFS beyond the budget, the kernel's word otherwise.
  int take(size_t length, PrivateCopy& out);
  // It is complete: from now on nobody can change it.
  void keep(PrivateCopy& copy);
  void give_back(PrivateCopy& copy);

  std::atomic<uint64_t> bytes{0};    // of all slabs
  std::atomic<uint64_t> copies{0};   // kept so far
  std::atomic<uint64_t> refused{0};  // -errno of take() so far

 private:
  int place(size_t length, PrivateCopy& out);
  int make(size_t bytes, Slab** out);
  void settle(Slab* slab);

  Kernel& kernel_;
  std::atomic<size_t> bytes_max_{256u << 20};
  std::atomic<double> share_{1};
  std::mutex mutex_;
  Slab* filling_ = nullptr;  // the shared one that has room
};

}  // namespace pagecast
