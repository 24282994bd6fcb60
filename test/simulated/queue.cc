#include "queue.h"

#include <algorithm>

namespace pagecast::simulated {
namespace {
constexpr size_t kPieceBytesMax = 64u << 10;
}

void Queue::append(const uint8_t* bytes, size_t length) {
  if (length == 0) return;
  if (pieces_.empty() || pieces_.back().page || pieces_.back().own.size() + length > kPieceBytesMax) pieces_.push_back({nullptr, {}, 0, 0});
  Piece& piece = pieces_.back();
  piece.own.insert(piece.own.end(), bytes, bytes + length);
  piece.length += length;
  size_ += length;
}

void Queue::append(const std::shared_ptr<Page>& page, size_t offset, size_t length) {
  if (length == 0) return;
  size_ += length;
  if (!pieces_.empty() && pieces_.back().page == page && pieces_.back().offset + pieces_.back().length == offset) {
    pieces_.back().length += length;
  } else {
    pieces_.push_back({page, {}, offset, length});
  }
}

void Queue::consume(size_t n) {
  Piece& front = pieces_.front();
  front.offset += n;
  front.length -= n;
  size_ -= n;
  if (front.length == 0) pieces_.pop_front();
}

size_t Queue::take(uint8_t* into, size_t length) {
  const size_t total = std::min(length, size_);
  for (size_t done = 0; done < total;) {
    const Piece& front = pieces_.front();
    const size_t n = std::min(front.length, total - done);
    std::copy_n(front.bytes(), n, into + done);
    done += n;
    consume(n);
  }
  return total;
}

void Queue::move(Queue& to, size_t length, bool copies) {
  for (size_t left = std::min(length, size_); left > 0;) {
    const Piece& front = pieces_.front();
    const size_t n = std::min(front.length, left);
    if (front.page && !copies) to.append(front.page, front.offset, n);
    else to.append(front.bytes(), n);
    left -= n;
    consume(n);
  }
}

size_t Queue::referenced() const {
  size_t bytes = 0;
  for (const Piece& piece : pieces_) bytes += piece.page ? piece.length : 0;
  return bytes;
}

}  // namespace pagecast::simulated
