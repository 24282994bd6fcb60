// The arena: hot small files, copied once per version into process-wide memory that nobody can change.
//
//   segment  [ file | file | file | ......free ]   memfd, mapped r--s, filled by pwrite, sealed when full
//
// It is a log: files are appended to the newest segment; when the budget is reached the oldest segment goes whole,
// what was used since it was last looked at is copied to the front first. A loop thread reads `File::bytes` and
// the memory behind it only between Reader::enter and leave (quiescence.h); segments are unmapped after that.
//
// Invariants: bytes behind a published pointer never change; all changes of the log happen in pool threads under
// one mutex; a file that leaves the arena is still whole behind its descriptor.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

#include "kernel.h"
#include "quiescence.h"

namespace pagecast {

struct Segment;

// What the arena keeps inside each file's record.
struct Resident {
  std::atomic<const uint8_t*> bytes{nullptr};  // read by loop threads
  std::atomic<bool> used{false};               // set by loop threads, cleared when its segment is looked at
  Segment* segment = nullptr;                  // the rest is the arena's own, under its mutex
  std::list<Resident*>::iterator place;
  size_t offset = 0;
  size_t length = 0;
};

struct Segment {
  int fd = -1;
  const uint8_t* base = nullptr;
  size_t filled = 0;
  std::list<Resident*> files;
};

class Arena {
 public:
  static constexpr size_t kSegmentBytes = 4u << 20;
  static constexpr size_t kFileBytesMax = kSegmentBytes / 2;

  Arena(Kernel& kernel, Quiescence& quiescence) : kernel_(kernel), quiescence_(quiescence) {}

  void limit(size_t bytes_max);
  // Keeps no more than this share of the limit, from now on; what is over it goes at once. Two segments stay: an arena has at least
  // those. Waits for loop threads: only for pool threads.
  void squeeze(double share);
  // Copies `length` bytes in. 0, or -errno: -ENOBUFS where they cannot fit at all, the kernel's word otherwise.
  int store(Resident& file, const uint8_t* bytes, size_t length);
  void remove(Resident& file);
  size_t bytes() const { return mapped_.load(std::memory_order_relaxed); }

 private:
  size_t budget() const;
  int append(Resident& file, const uint8_t* bytes, size_t length);
  int grow();
  void evict_oldest();
  void discard(std::unique_ptr<Segment> segment);

  Kernel& kernel_;
  Quiescence& quiescence_;
  std::mutex mutex_;
  std::list<std::unique_ptr<Segment>> segments_;  // oldest first; the last one is being filled
  size_t bytes_max_ = 64u << 20;
  double share_ = 1;
  std::atomic<size_t> mapped_{0};
};

}  // namespace pagecast
