// A body that is still arriving from an origin: a record of memory, or of a file, that one engine appends to, while
// answers of any engine are sent from what is there.
//
//   filler -- append --> memfd, or file [ there ........ | watermark ]     followers send up to the watermark, then wait for it to move
//
// Invariants: bytes below the watermark never change; it only rises, and stays once the state is not `arriving`; an
// engine that waits hears of the next growth, or of the end, once.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace pagecast {

class Mailbox;
struct File;

class Growth {
 public:
  enum class State {
    arriving,
    whole,
    broken,  // there will be no more, and it is not all
  };

  uint64_t bytes() const { return bytes_.load(std::memory_order_acquire); }
  // To be read before bytes(): what is there when it has ended is all there will be.
  State state() const { return state_.load(std::memory_order_acquire); }

  // The engine with this mailbox is to be told of what comes after the first `seen` bytes. False: it is there already.
  bool follow(uint64_t seen, const std::shared_ptr<Mailbox>& mailbox);
  // By the one who fills it; `file` is the record that it belongs to.
  void rise(const File& file, uint64_t bytes);
  void end(const File& file, State state);

 private:
  void tell(const File& file);

  std::atomic<uint64_t> bytes_{0};
  std::atomic<State> state_{State::arriving};
  std::mutex mutex_;
  std::vector<std::shared_ptr<Mailbox>> followers_;
};

}  // namespace pagecast
