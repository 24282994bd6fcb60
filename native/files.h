// One record per open file version in the process, shared by all workers: what it is, its descriptor, its hash, and
// its copy in the arena if it has one. Records are found by number on loop threads (no lock) and by identity in pool
// threads (one mutex).
//
// Invariants: a record's identity, descriptor and hash never change; it lives as long as somebody counts on it
// (retain, release); its last release runs in the pool, because close(2) of a deleted file may wait for the disk.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "arena.h"
#include "growing.h"
#include "kernel.h"
#include "private_memory.h"
#include "stored_body.h"

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

inline uint64_t inode_key(const Identity& identity) { return identity.inode * 0x9e3779b97f4a7c15ULL ^ identity.device; }

// What a file's lease is doing (guard.h).
enum class Hold : int {
  none,      // no lease: the bytes are private, or verified, or nobody cares
  loading,   // leased, and not sent yet
  leased,    // its own pages may be sent
  breaking,  // a writer waits: nothing is sent until there is a snapshot
  broken,    // the writer was, or will be, let in: only a snapshot may be sent
};

struct File {
  uint32_t number = 0;
  int fd = -1;  // -1 also where there is no file: bytes of ours, in private memory
  Identity identity;
  std::array<uint8_t, 32> digest{};  // SHA-256
  bool hashed = false;
  bool settling = false;  // changed so short ago that the next change may carry the same timestamps
  bool cachestat_works = false;
  std::atomic<bool> wants_arena{false};  // small enough, and the arena has not refused it
  std::atomic<int64_t> resident_ms{0};  // when all of it was last seen in the page cache (Kernel::ticks_ms)
  std::atomic<uint32_t> references{1};
  Resident resident;

  std::atomic<Hold> hold{Hold::none};
  int protection = 0;                             // kProtection_*, as it was loaded
  int cause = 0;                                  // errno of what was refused on the way there
  bool probe_works = false;                       // Guard::probe_works
  std::atomic<int> private_fd{-1};                // private memory with all of it; once there it stays
  PrivateCopy private_copy;                       // the same; set before private_fd
  std::string key;                                // of bytes that were kept, or are arriving, else empty
  std::unique_ptr<Growth> growth;                 // of a body that arrives, or did; private_fd is its own memory, or fd its file
  std::unique_ptr<StoredBody> stored;             // of a body of the store on disk, which begins the file
  std::atomic<int> snapshot_fd{-1};               // after a break: what answers under way still need
  std::atomic<const uint8_t*> mapping{nullptr};   // for peers on this host, who get copies
  std::atomic<bool> becoming_private{false};
  size_t snapshot_bytes = 0;
  uint64_t snapshot_from = 0, snapshot_to = 0;    // what it covers; set before snapshot_fd
};

inline bool is_sealed(const File& file) {
  return file.private_fd.load(std::memory_order_acquire) >= 0 || file.resident.bytes.load(std::memory_order_acquire) != nullptr;
}

// Its lease is broken and nothing of it is private: it is no version to be served any more.
inline bool is_lost(const File& file) { return file.hold.load(std::memory_order_acquire) >= Hold::breaking && !is_sealed(file); }

// Same length and time of the last write: chmod(2) and link(2) move only ctime.
inline bool same_content(const Identity& a, const Identity& b) { return a.size == b.size && a.modified_ns == b.modified_ns; }

// pread(2) and pwrite(2) until all is done. 0 or -errno; -EAGAIN: the file is shorter.
int read_exactly(Kernel& kernel, int fd, uint8_t* buffer, size_t length, uint64_t offset);
int write_exactly(Kernel& kernel, int memory, const uint8_t* buffer, size_t length, uint64_t offset);

// What was last loaded under an inode.
struct Earlier {
  bool known = false;
  bool hashed = false;
  size_t size = 0;
  int64_t modified_ns = 0;
  int64_t born_ns = 0;  // the number of an inode is given again
  std::array<uint8_t, 32> digest{};
};

struct LoadLimits {
  int protect = 0;            // kProtect_*
  int accept = 0;             // kAccept_*
  size_t hash_bytes_max = 8u << 20;
  size_t arena_bytes_max = 64u << 10;
  StoredName stored;          // the file is that body of the store on disk, or none
};

class Guard;

class Files {
 public:
  static constexpr size_t kRecordsMax = 1u << 20;

  Files(Kernel& kernel, Arena& arena, PrivateMemory& memory, Guard& guard);

  // Loop threads: a record somebody has a reference to.
  File* at(uint32_t number) const {
    const Block* block = blocks_[number / kBlockRecords].get();
    return block == nullptr ? nullptr : (*block)[number % kBlockRecords].load(std::memory_order_acquire);
  }
  static void retain(File* file) { file->references.fetch_add(1, std::memory_order_relaxed); }
  static bool retain_living(File* file);  // false: its last reference is gone
  // True when that was the last reference: then destroy(file) is due, in the pool.
  static bool release(File* file) { return file->references.fetch_sub(1, std::memory_order_acq_rel) == 1; }

  // Pool threads. Takes over `fd` of a regular file: finds the record of this version or makes it, reading the file
  // once where it is small enough to be hashed. The caller owns one reference. 0, or -errno (then `fd` is closed);
  // -EAGAIN: the file kept changing while it was read; -EBUSY: somebody has it open for writing, or has just written it;
  // -EINPROGRESS: a writer of it is being held back; -ETXTBSY: insisted on, and written all the time.
  int adopt(int fd, const LoadLimits& limits, File** out);
  // Bytes of ours as a record without a file, in private memory, and in the arena too where they are small. The record
  // of `key` that there is, if there is one. 0 or -errno.
  int keep(const std::string& key, const std::vector<uint8_t>& bytes, size_t arena_bytes_max, File** out);
  int find_kept(const std::string& key, File** out);  // 0 or -ENOENT
  // A body that will arrive: in memory, or in a file that somebody else writes, whose descriptor is taken over (`fd`, else
  // -1). Loop threads. 0 or -errno.
  int begin(const std::string& key, int fd, File** out);
  void destroy(File* file);
  // Copies a file whose writers are held back into private memory, once. 0 or -errno.
  int make_private(File& file);
  std::atomic<uint64_t> body_bytes{0};  // of bodies that arrive, or did, in memory of their own
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
  File* find(const Identity& identity, const StoredName& stored);
  int recognise(File& file, const LoadLimits& limits);
  Earlier earlier(int fd, const Identity& identity);
  void discard(File& file);
  void readmit(File& file);
  int insert(std::unique_ptr<File> file, File** out);
  File* kept(const std::string& key);
  void close(File& file);

  Kernel& kernel_;
  Arena& arena_;
  PrivateMemory& memory_;
  Guard& guard_;
  // By number; a block is made with the first record in it, before anybody can know that record's number, and stays.
  static constexpr size_t kBlockRecords = 1u << 14;
  using Block = std::array<std::atomic<File*>, kBlockRecords>;
  std::array<std::unique_ptr<Block>, kRecordsMax / kBlockRecords> blocks_;
  std::mutex mutex_;
  std::vector<uint32_t> free_;
  std::unordered_map<Identity, File*, Hash> by_identity_;
  std::unordered_map<std::string, File*> by_key_;              // what was kept
  std::map<std::pair<uint64_t, uint64_t>, Earlier> by_inode_;  // by device and inode
  size_t numbers_ = 0;  // given out so far; those free again are in free_
};

}  // namespace pagecast
