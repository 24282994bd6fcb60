#include "answer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "source.h"

namespace pagecast {
namespace {

constexpr size_t kPartsMax = 16;

// One sendmsg for the run of memory spans at the front. Moves `first` past what went out whole.
ssize_t send_memory(SendContext& context, int socket, std::vector<Span>& spans, size_t& first, double& sent) {
  iovec parts[kPartsMax];
  size_t count = 0;
  uint64_t total = 0;
  for (size_t i = first; i < spans.size() && count < kPartsMax; ++i) {
    const bool outside = spans[i].kind == kSpanKind_FILE || is_growing(spans[i].kind);
    const uint8_t* memory = outside ? nullptr : memory_of(spans[i]);
    if (memory == nullptr) break;
    parts[count++] = {const_cast<uint8_t*>(memory), spans[i].length};
    total += spans[i].length;
  }
  if (count == 0) return 0;
  // What has not arrived is not waited for.
  const bool more = first + count < spans.size() && !is_growing(spans[first + count].kind);
  const ssize_t n = context.kernel.send(socket, parts, count, more);
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

// From here on a file is mapped to be copied; below, reading it is cheaper than a mapping.
constexpr uint64_t kMappedBytesMin = 1u << 20;
constexpr size_t kScratchBytes = 256u << 10;

const uint8_t* mapping_of(Kernel& kernel, File& file) {
  const uint8_t* base = file.mapping.load(std::memory_order_acquire);
  if (base != nullptr) return base;
  const auto size = static_cast<size_t>(file.identity.size);
  const uint8_t* made = kernel.file_map(file.fd, size);
  if (made == nullptr || file.mapping.compare_exchange_strong(base, made)) return made;
  kernel.file_unmap(made, size);  // another engine was first
  return base;
}

// A copy, made by send(2) from a mapping: a page that truncation took away is EFAULT there, not a signal.
// Mappings may run out (vm.max_map_count): then it is read, too.
ssize_t send_copy(SendContext& context, int socket, const Span& span, uint64_t length, bool more) {
  static thread_local std::unique_ptr<uint8_t[]> scratch;
  const bool large = static_cast<uint64_t>(span.file->identity.size) >= kMappedBytesMin;
  const uint8_t* base = large ? mapping_of(context.kernel, *span.file) : nullptr;
  iovec part{const_cast<uint8_t*>(base + span.offset), length};
  if (base == nullptr) {
    if (!scratch) scratch = std::make_unique<uint8_t[]>(kScratchBytes);
    const ssize_t n = context.kernel.read_at(span.file->fd, scratch.get(), std::min<uint64_t>(length, kScratchBytes), static_cast<off_t>(span.offset));
    if (n <= 0) return n;
    part = {scratch.get(), static_cast<size_t>(n)};
    more = more || part.iov_len < length;
  }
  const ssize_t n = context.kernel.send(socket, &part, 1, more);
  context.counters[kCounter_sendCalls] += 1;
  return n == -EFAULT ? 0 : n;
}

void share(Connection& connection, File* file, double end) {
  if (!connection.shared) connection.shared = std::make_unique<SharedPages>();
  std::vector<SharedPages::One>& all = connection.shared->all;
  // The same file again, mostly; a second entry of one does no harm.
  for (size_t i = all.size(), looked = 0; i-- > 0 && looked < 8; ++looked) {
    if (all[i].file != file) continue;
    all[i] = {file, end};
    return;
  }
  Files::retain(file);
  all.push_back({file, end});
}

Advance send_file(SendContext& context, Connection& connection, std::vector<Span>& spans, size_t at, uint64_t quantum, double& sent) {
  Span& span = spans[at];
  File& file = *span.file;
  Piece piece;
  if (const Advance found = next_piece(context, connection, spans, at, quantum, Carriage::pages, piece); found.progress != Progress::done) return found;
  const auto& [source, length] = piece;
  const bool copies = source.from == From::copied;
  const ssize_t n = copies ? send_copy(context, connection.fd, span, length, at + 1 < spans.size() || length < span.length)
                           : context.kernel.send_file(connection.fd, source.fd, static_cast<off_t>(source.base + span.offset), length);
  if (!copies) context.counters[kCounter_sendfileCalls] += 1;
  if (n == -EAGAIN) return {Progress::blocked, 0};
  if (n == -EINTR) return {Progress::yielded, 0};
  if (n < 0) return {Progress::failed, static_cast<int>(n)};
  if (n == 0) {
    context.counters[kCounter_filesShortened] += 1;
    return {Progress::failed, -kReason_FILE_SHORTENED};
  }
  const auto bytes = static_cast<double>(n);
  sent += bytes;
  context.counters[copies ? kCounter_bytesCopied : kCounter_bytesSendfile] += bytes;
  if (source.from == From::memory || source.from == From::clone) context.counters[kCounter_bytesPrivate] += bytes;
  if (source.from == From::shared) {
    context.counters[kCounter_bytesLeased] += bytes;
    share(connection, &file, sent);
  }
  consume(span, static_cast<uint64_t>(n));
  return {Progress::done, 0};
}

}  // namespace

Advance advance(SendContext& context, Connection& connection, std::vector<Span>& spans, size_t& first, double& sent) {
  uint64_t quantum = kQuantumBytes;
  while (first < spans.size()) {
    Span& span = spans[first];
    if (span.length == 0) {
      ++first;
      continue;
    }
    if (in_memory(span)) {
      const ssize_t n = send_memory(context, connection.fd, spans, first, sent);
      if (n == -EAGAIN) return {Progress::blocked, 0};
      if (n == -EINTR) continue;
      if (n < 0) return {Progress::failed, static_cast<int>(n)};
      continue;
    }
    if (is_growing(span.kind)) return {Progress::starving, 0};
    if (quantum == 0) return {Progress::yielded, 0};
    const uint64_t before = span.length;
    const Advance step = send_file(context, connection, spans, first, quantum, sent);
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
