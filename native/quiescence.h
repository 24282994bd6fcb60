// When may memory that loop threads read be unmapped? Each engine counts up when it begins to send and again when
// it is done: odd while it may hold pointers into the arena. Whoever took a pointer away waits until every engine
// was seen even, or has moved on. The loops never wait; they pay two plain stores a burst.
#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>
#include <mutex>
#include <vector>

namespace pagecast {

class Quiescence {
 public:
  class Reader {
   public:
    void enter() { count_.fetch_add(1, std::memory_order_seq_cst); }
    void leave() { count_.fetch_add(1, std::memory_order_release); }

   private:
    friend class Quiescence;
    std::atomic<uint64_t> count_{0};
  };

  void add(Reader* reader) {
    std::lock_guard lock(mutex_);
    readers_.push_back(reader);
  }
  void remove(Reader* reader) {
    std::lock_guard lock(mutex_);
    std::erase(readers_, reader);
  }

  // Blocking: only for pool threads.
  void wait() {
    std::lock_guard lock(mutex_);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    for (const Reader* reader : readers_) {
      const uint64_t seen = reader->count_.load(std::memory_order_seq_cst);
      if (seen % 2 == 0) continue;
      const timespec pause{0, 20'000};
      while (reader->count_.load(std::memory_order_acquire) == seen) ::nanosleep(&pause, nullptr);
    }
  }

 private:
  std::mutex mutex_;
  std::vector<Reader*> readers_;
};

}  // namespace pagecast
