#include "answer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "layout.h"

namespace pagecast {
namespace {

constexpr size_t kPartsMax = 16;
constexpr uint64_t kPageBytes = 4096;
// Pages that were all there a moment ago are not asked for again: they were just used, reclaim takes them last.
constexpr int64_t kResidentForMs = 100;

bool in_memory(const Span& span) {
  return span.kind == kSpanKind_BYTES ||
         (span.kind == kSpanKind_ARENA && span.file->resident.bytes.load(std::memory_order_acquire) != nullptr);
}

const uint8_t* memory_of(const Span& span) {
  if (span.kind == kSpanKind_BYTES) return span.data;
  // Read once: the arena may take the copy away between two looks. Null is then handled by the caller.
  const uint8_t* bytes = span.file->resident.bytes.load(std::memory_order_acquire);
  return bytes == nullptr ? nullptr : bytes + span.offset;
}

void consume(Span& span, uint64_t n) {
  if (span.kind == kSpanKind_BYTES) span.data += n;
  span.offset += n;
  span.length -= n;
}

bool is_resident(SendContext& context, const Span& span, uint64_t length) {
  File& file = *span.file;
  const bool whole = static_cast<uint64_t>(file.identity.size) <= kWindowBytes;
  if (whole && context.ticks_ms - file.resident_ms.load(std::memory_order_relaxed) < kResidentForMs) return true;
  const uint64_t offset = whole ? 0 : span.offset;
  const uint64_t end = whole ? static_cast<uint64_t>(file.identity.size) : span.offset + length;
  bool resident;
  if (file.cachestat_works) {
    const uint64_t pages = (end + kPageBytes - 1) / kPageBytes - offset / kPageBytes;
    resident = context.kernel.cached_pages(file.fd, static_cast<off_t>(offset), end - offset) >= static_cast<int64_t>(pages);
  } else {
    // Two samples stand for the window; a filesystem that cannot say (EOPNOTSUPP) counts as resident.
    uint8_t byte;
    resident = context.kernel.read_at_cached(file.fd, &byte, 1, static_cast<off_t>(offset)) != -EAGAIN &&
               context.kernel.read_at_cached(file.fd, &byte, 1, static_cast<off_t>(end - 1)) != -EAGAIN;
  }
  if (resident && whole) file.resident_ms.store(context.ticks_ms, std::memory_order_relaxed);
  return resident;
}

// One sendmsg for the run of memory spans at the front. Moves `first` past what went out whole.
ssize_t send_memory(SendContext& context, int socket, std::vector<Span>& spans, size_t& first, double& sent) {
  iovec parts[kPartsMax];
  size_t count = 0;
  uint64_t total = 0;
  for (size_t i = first; i < spans.size() && count < kPartsMax; ++i) {
    const uint8_t* memory = spans[i].kind == kSpanKind_FILE ? nullptr : memory_of(spans[i]);
    if (memory == nullptr) break;
    parts[count++] = {const_cast<uint8_t*>(memory), spans[i].length};
    total += spans[i].length;
  }
  if (count == 0) return 0;
  const ssize_t n = context.kernel.send(socket, parts, count, first + count < spans.size());
  context.counters[kCounter_sendCalls] += 1;
  if (n < 0) return n;
  sent += static_cast<double>(n);
  uint64_t left = static_cast<uint64_t>(n);
  for (; count > 0; --count) {
    Span& span = spans[first];
    const uint64_t taken = std::min(left, span.length);
    context.counters[span.kind == kSpanKind_BYTES ? kCounter_bytesMemory : kCounter_bytesArena] += static_cast<double>(taken);
    if (span.kind == kSpanKind_ARENA && !span.file->resident.used.load(std::memory_order_relaxed)) {
      span.file->resident.used.store(true, std::memory_order_relaxed);
    }
    consume(span, taken);
    left -= taken;
    if (span.length > 0) break;
    ++first;
  }
  return static_cast<uint64_t>(n) < total ? -EAGAIN : n;
}

Advance send_file(SendContext& context, int socket, Span& span, uint64_t quantum, double& sent) {
  uint64_t length = std::min({span.length, quantum, kWindowBytes});
  if (span.offset < span.warm_until) {
    length = std::min(length, span.warm_until - span.offset);
  } else if (!is_resident(context, span, length)) {
    return {Progress::cold, 0};
  }
  const ssize_t n = context.kernel.send_file(socket, span.file->fd, static_cast<off_t>(span.offset), length);
  context.counters[kCounter_sendfileCalls] += 1;
  if (n == -EAGAIN) return {Progress::blocked, 0};
  if (n == -EINTR) return {Progress::yielded, 0};
  if (n < 0) return {Progress::failed, static_cast<int>(n)};
  if (n == 0) {
    context.counters[kCounter_filesShortened] += 1;
    return {Progress::failed, -kReason_FILE_SHORTENED};
  }
  sent += static_cast<double>(n);
  context.counters[kCounter_bytesSendfile] += static_cast<double>(n);
  consume(span, static_cast<uint64_t>(n));
  return {Progress::done, 0};
}

}  // namespace

Advance advance(SendContext& context, int socket, std::vector<Span>& spans, size_t& first, double& sent) {
  uint64_t quantum = kQuantumBytes;
  while (first < spans.size()) {
    Span& span = spans[first];
    if (span.length == 0) {
      ++first;
      continue;
    }
    if (in_memory(span)) {
      const ssize_t n = send_memory(context, socket, spans, first, sent);
      if (n == -EAGAIN) return {Progress::blocked, 0};
      if (n == -EINTR) continue;
      if (n < 0) return {Progress::failed, static_cast<int>(n)};
      continue;
    }
    if (quantum == 0) return {Progress::yielded, 0};
    const uint64_t before = span.length;
    const Advance step = send_file(context, socket, span, quantum, sent);
    if (step.progress != Progress::done) return step;
    quantum -= std::min(quantum, before - span.length);
  }
  return {Progress::done, 0};
}

Pending Pending::own(const std::vector<Span>& spans, size_t first, int32_t after) {
  Pending pending;
  pending.after = after;
  pending.spans.assign(spans.begin() + static_cast<ptrdiff_t>(first), spans.end());
  size_t total = 0;
  for (const Span& span : pending.spans) {
    if (span.kind == kSpanKind_BYTES) total += span.length;
  }
  pending.bytes = std::make_unique<uint8_t[]>(total);
  uint8_t* at = pending.bytes.get();
  for (Span& span : pending.spans) {
    if (span.kind == kSpanKind_BYTES) {
      std::memcpy(at, span.data, span.length);
      span.data = at;
      at += span.length;
    } else {
      Files::retain(span.file);
    }
  }
  return pending;
}

}  // namespace pagecast
