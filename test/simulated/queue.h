// Bytes on their way to a peer. Some are copies; some are references to pages of a file's page cache, as sendfile(2)
// leaves them: what they say is what the page says when they are looked at, whoever has written to it meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "page.h"

namespace pagecast::simulated {

class Queue {
 public:
  size_t size() const { return size_; }
  void append(const uint8_t* bytes, size_t length);
  void append(const std::shared_ptr<Page>& page, size_t offset, size_t length);
  size_t take(uint8_t* into, size_t length);
  // The first `length` bytes go to another queue; `copies`: as they are now.
  void move(Queue& to, size_t length, bool copies);
  void clear() { pieces_.clear(), size_ = 0; }
  size_t referenced() const;  // bytes in pages that are not ours

 private:
  struct Piece {
    std::shared_ptr<Page> page;  // null: `own`
    std::vector<uint8_t> own;
    size_t offset;
    size_t length;
    const uint8_t* bytes() const { return (page ? page->bytes.data() : own.data()) + offset; }
  };
  void consume(size_t n);

  std::deque<Piece> pieces_;
  size_t size_ = 0;
};

}  // namespace pagecast::simulated
