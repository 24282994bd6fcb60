#include "arena.h"

#include <algorithm>
#include <cerrno>

namespace pagecast {
namespace {
constexpr size_t kAlignment = 64;  // a cache line
size_t aligned(size_t length) { return (length + kAlignment - 1) & ~(kAlignment - 1); }
}  // namespace

void Arena::limit(size_t bytes_max) {
  std::lock_guard lock(mutex_);
  bytes_max_ = bytes_max;
}

void Arena::squeeze(double share) {
  std::lock_guard lock(mutex_);
  share_ = share;
  while (mapped_.load() > budget() && segments_.size() > 1) evict_oldest();
}

size_t Arena::budget() const {
  if (bytes_max_ < 2 * kSegmentBytes) return bytes_max_;
  return std::max(2 * kSegmentBytes, static_cast<size_t>(static_cast<double>(bytes_max_) * share_));
}

int Arena::store(Resident& file, const uint8_t* bytes, size_t length) {
  std::lock_guard lock(mutex_);
  if (file.segment != nullptr) return 0;
  if (length == 0 || length > kFileBytesMax || bytes_max_ < 2 * kSegmentBytes) return -ENOBUFS;
  return append(file, bytes, length);
}

int Arena::append(Resident& file, const uint8_t* bytes, size_t length) {
  if (segments_.empty() || segments_.back()->filled + length > kSegmentBytes) {
    if (const int error = grow(); error < 0) return error;
  }
  Segment& segment = *segments_.back();
  for (size_t done = 0; done < length;) {
    const ssize_t n = kernel_.memory_write(segment.fd, bytes + done, length - done, static_cast<off_t>(segment.filled + done));
    if (n == -EINTR) continue;
    if (n <= 0) return n == 0 ? -EIO : static_cast<int>(n);
    done += static_cast<size_t>(n);
  }
  file.segment = &segment;
  file.offset = segment.filled;
  file.length = length;
  file.place = segment.files.insert(segment.files.end(), &file);
  segment.filled = std::min(kSegmentBytes, aligned(segment.filled + length));
  file.bytes.store(segment.base + file.offset, std::memory_order_release);
  return 0;
}

// Opens the next segment, seals the full one, and evicts from the far end what is over the budget.
int Arena::grow() {
  auto segment = std::make_unique<Segment>();
  segment->fd = kernel_.memory_create("pagecast-arena");
  if (segment->fd < 0) return segment->fd;
  int error = kernel_.memory_resize(segment->fd, kSegmentBytes);
  if (error == 0) {
    segment->base = kernel_.memory_map(segment->fd, kSegmentBytes);
    if (segment->base == nullptr) error = -ENOMEM;
  }
  if (error < 0) {
    kernel_.close(segment->fd);
    return error;
  }
  if (!segments_.empty()) kernel_.memory_seal(segments_.back()->fd);
  mapped_ += kSegmentBytes;
  segments_.push_back(std::move(segment));
  while (mapped_.load() > budget() && segments_.size() > 1) evict_oldest();
  return 0;
}

void Arena::evict_oldest() {
  std::unique_ptr<Segment> oldest = std::move(segments_.front());
  segments_.pop_front();
  while (!oldest->files.empty()) {
    Resident& file = *oldest->files.front();
    const uint8_t* bytes = oldest->base + file.offset;
    oldest->files.pop_front();
    file.segment = nullptr;
    // Half a segment for survivors: an eviction must make room, and must not cause another one.
    const bool room = segments_.back()->filled + file.length <= kSegmentBytes / 2;
    const bool survives = file.used.exchange(false) && room;
    if (!survives || append(file, bytes, file.length) < 0) file.bytes.store(nullptr, std::memory_order_release);
  }
  discard(std::move(oldest));
}

void Arena::remove(Resident& file) {
  std::lock_guard lock(mutex_);
  Segment* segment = file.segment;
  if (segment == nullptr) return;
  file.bytes.store(nullptr, std::memory_order_release);
  file.segment = nullptr;
  segment->files.erase(file.place);
  if (!segment->files.empty() || segment == segments_.back().get()) return;
  for (auto at = segments_.begin(); at != segments_.end(); ++at) {
    if (at->get() != segment) continue;
    std::unique_ptr<Segment> empty = std::move(*at);
    segments_.erase(at);
    discard(std::move(empty));
    return;
  }
}

void Arena::discard(std::unique_ptr<Segment> segment) {
  quiescence_.wait();
  kernel_.memory_unmap(segment->base, kSegmentBytes);
  kernel_.close(segment->fd);
  mapped_ -= kSegmentBytes;
}

}  // namespace pagecast
