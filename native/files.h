// One record per open file version in the process, shared by all workers: what it is, its descriptor, its hash, and
// its copy in the arena if it has one. Records are found by number on loop threads (no lock) and by identity in pool
// threads (one mutex).
//
// Invariants: a record's identity, descriptor and hash never change; it lives as long as somebody counts on it
// (retain, release); its last release runs in the pool, because close(2) of a deleted file may wait for the disk.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "arena.h"
#include "kernel.h"

namespace pagecast {

struct Identity {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;
  bool operator==(const Identity&) const = default;
};

Identity identity_of(const struct stat& status);

struct File {
  uint32_t number = 0;
  int fd = -1;
  Identity identity;
  std::array<uint8_t, 32> digest{};  // SHA-256
  bool hashed = false;
  bool settling = false;  // changed so short ago that the next change may carry the same timestamps
  bool cachestat_works = false;
  std::atomic<bool> wants_arena{false};  // small enough, and the arena has not refused it
  std::atomic<int64_t> resident_ms{0};  // when all of it was last seen in the page cache (Kernel::ticks_ms)
  std::atomic<uint32_t> references{1};
  Resident resident;
};

struct LoadLimits {
  size_t hash_bytes_max = 8u << 20;
  size_t arena_bytes_max = 64u << 10;
};

class Files {
 public:
  static constexpr size_t kRecordsMax = 1u << 16;

  Files(Kernel& kernel, Arena& arena);

  // Loop threads: a record somebody has a reference to.
  File* at(uint32_t number) const { return table_[number].load(std::memory_order_acquire); }
  static void retain(File* file) { file->references.fetch_add(1, std::memory_order_relaxed); }
  // True when that was the last reference: then destroy(file) is due, in the pool.
  static bool release(File* file) { return file->references.fetch_sub(1, std::memory_order_acq_rel) == 1; }

  // Pool threads. Takes over `fd` of a regular file: finds the record of this version or makes it, reading the file
  // once where it is small enough to be hashed. The caller owns one reference. 0, or -errno (then `fd` is closed);
  // -EAGAIN: the file kept changing while it was read.
  int adopt(int fd, const LoadLimits& limits, File** out);
  void destroy(File* file);
  size_t count() {
    std::lock_guard lock(mutex_);
    return numbers_ - free_.size();
  }

 private:
  struct Hash {
    size_t operator()(const Identity& identity) const {
      return static_cast<size_t>((identity.inode * 0x9e3779b97f4a7c15ULL) ^ static_cast<uint64_t>(identity.changed_ns));
    }
  };
  File* find(const Identity& identity);
  int read_whole(File& file, const LoadLimits& limits);
  void keep_private(File& file, const uint8_t* bytes);
  void readmit(File& file);
  int insert(std::unique_ptr<File> file, File** out);

  Kernel& kernel_;
  Arena& arena_;
  std::unique_ptr<std::atomic<File*>[]> table_;
  std::mutex mutex_;
  std::vector<uint32_t> free_;
  std::unordered_map<Identity, File*, Hash> by_identity_;
  size_t numbers_ = 0;  // given out so far; those free again are in free_
};

}  // namespace pagecast
