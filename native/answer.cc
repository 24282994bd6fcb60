#include "answer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>


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

// `fd`: the file's own, or that of a clone.
bool is_resident(SendContext& context, const Span& span, uint64_t length, int fd) {
  File& file = *span.file;
  const bool whole = fd == file.fd && static_cast<uint64_t>(file.identity.size) <= kWindowBytes;
  if (whole && context.ticks_ms - file.resident_ms.load(std::memory_order_relaxed) < kResidentForMs) return true;
  const uint64_t offset = whole ? 0 : span.offset;
  const uint64_t end = whole ? static_cast<uint64_t>(file.identity.size) : span.offset + length;
  bool resident;
  if (file.cachestat_works) {
    const uint64_t pages = (end + kPageBytes - 1) / kPageBytes - offset / kPageBytes;
    resident = context.kernel.cached_pages(fd, static_cast<off_t>(offset), end - offset) >= static_cast<int64_t>(pages);
  } else {
    // Two samples stand for the window; a filesystem that cannot say (EOPNOTSUPP) counts as resident.
    uint8_t byte;
    resident = context.kernel.read_at_cached(fd, &byte, 1, static_cast<off_t>(offset)) != -EAGAIN &&
               context.kernel.read_at_cached(fd, &byte, 1, static_cast<off_t>(end - 1)) != -EAGAIN;
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

// Where the next bytes of a file come from.
enum class From { memory, clone, shared, copied, unproven, parked, lost };

struct Source {
  From from;
  int fd;
  uint64_t base = 0;  // where the file's first byte is
};

// Whether the peer may be sent the file's own pages: those of a peer on this host would stay in its receive queue.
bool shares(SendContext& context, Connection& connection, bool probe_works) {
  if (connection.nearness < 0) {
    connection.nearness = static_cast<int8_t>(context.kernel.nearness(connection.fd, connection.address));
    if (connection.nearness != static_cast<int8_t>(Nearness::host) && context.unsent_bytes_max > 0) {
      context.kernel.bound_unsent(connection.fd, context.unsent_bytes_max);
    }
  }
  const auto nearness = static_cast<Nearness>(connection.nearness);
  return nearness == Nearness::network || (nearness == Nearness::unknown && probe_works && !context.copy_for_unknown);
}

Source source_of(SendContext& context, Connection& connection, const Span& span) {
  const File& file = *span.file;
  if (const int memory = file.private_fd.load(std::memory_order_acquire); memory >= 0) {
    return {From::memory, memory, file.private_copy.offset};
  }
  switch (file.hold.load(std::memory_order_acquire)) {
    case Hold::leased:
      return {shares(context, connection, file.probe_works) ? From::shared : From::copied, file.fd};
    case Hold::breaking:
      return {From::parked, -1};
    case Hold::broken: {
      const int snapshot = file.snapshot_fd.load(std::memory_order_acquire);
      // An answer that began after the engines were asked may want more than the snapshot has.
      const bool covered = snapshot >= 0 && span.offset >= file.snapshot_from && span.offset + span.length <= file.snapshot_to;
      return {!covered ? From::lost : file.snapshot_bytes > 0 ? From::memory : From::clone, snapshot};
    }
    default:
      return {From::unproven, file.fd};
  }
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

bool is_last_of_a_file(const std::vector<Span>& spans, size_t at) {
  for (size_t i = at + 1; i < spans.size(); ++i) {
    if (spans[i].kind != kSpanKind_BYTES) return false;
  }
  return true;
}

Advance send_file(SendContext& context, Connection& connection, std::vector<Span>& spans, size_t at, uint64_t quantum, double& sent) {
  Span& span = spans[at];
  File& file = *span.file;
  Source source = source_of(context, connection, span);
  if (source.from == From::parked) return {Progress::parked, 0};
  if (source.from == From::lost) return {Progress::failed, -kReason_FILE_CHANGED};
  uint64_t length = std::min({span.length, quantum, kWindowBytes});
  if (source.from == From::unproven && file.protection != kProtection_OFF) {
    if (is_last_of_a_file(spans, at)) {
      if (span.length <= kWithheldBytes) return {Progress::unproven, 0};
      length = std::min(length, span.length - kWithheldBytes);
    }
    if (!shares(context, connection, false)) source.from = From::copied;
  }
  if (source.from != From::memory) {
    if (span.offset < span.warm_until) {
      length = std::min(length, span.warm_until - span.offset);
    } else if (!is_resident(context, span, length, source.fd)) {
      return {Progress::cold, 0};
    }
  }
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
