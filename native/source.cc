#include "source.h"

#include <algorithm>
#include <cerrno>

namespace pagecast {
namespace {

constexpr uint64_t kPageBytes = 4096;
// Pages that were all there a moment ago are not asked for again: they were just used, reclaim takes them last.
constexpr int64_t kResidentForMs = 100;

bool is_last_of_a_file(const std::vector<Span>& spans, size_t at) {
  for (size_t i = at + 1; i < spans.size(); ++i) {
    if (spans[i].kind != kSpanKind_BYTES) return false;
  }
  return true;
}

Source source_of(SendContext& context, Connection& connection, const Span& span, Carriage carriage) {
  const File& file = *span.file;
  if (const int memory = file.private_fd.load(std::memory_order_acquire); memory >= 0) {
    return {From::memory, memory, file.private_copy.offset};
  }
  switch (file.hold.load(std::memory_order_acquire)) {
    case Hold::leased:
      return {carriage == Carriage::pages && shares(context, connection, file.probe_works) ? From::shared : From::copied, file.fd};
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

}  // namespace

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

// `fd`: the file's own, or that of a clone.
bool is_resident(SendContext& context, const Span& span, uint64_t length, int fd) {
  File& file = *span.file;
  const bool whole = fd == file.fd && !file.growth && static_cast<uint64_t>(file.identity.size) <= kWindowBytes;
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

Advance next_piece(SendContext& context, Connection& connection, const std::vector<Span>& spans, size_t at, uint64_t quantum, Carriage carriage, Piece& piece) {
  const Span& span = spans[at];
  const File& file = *span.file;
  Source& source = piece.source;
  source = source_of(context, connection, span, carriage);
  if (source.from == From::parked) return {Progress::parked, 0};
  if (source.from == From::lost) return {Progress::failed, -kReason_FILE_CHANGED};
  const uint64_t sound = file.stored ? file.stored->sound_from(span.offset) : span.length;
  if (sound < std::min(span.length, kWithheldBytes)) {
    if (file.stored->is_damaged()) return {Progress::failed, -kReason_FILE_CHANGED};
    return {Progress::cold, 0};
  }
  piece.length = std::min({span.length, quantum, kWindowBytes, sound});
  if (source.from == From::unproven && file.protection != kProtection_OFF) {
    if (is_last_of_a_file(spans, at)) {
      if (span.length <= kWithheldBytes) return {Progress::unproven, 0};
      piece.length = std::min(piece.length, span.length - kWithheldBytes);
    }
    if (carriage == Carriage::reading || !shares(context, connection, false)) source.from = From::copied;
  }
  if (source.from == From::memory) return {Progress::done, 0};
  if (span.offset < span.warm_until) {
    piece.length = std::min(piece.length, span.warm_until - span.offset);
  } else if (carriage == Carriage::pages && !is_resident(context, span, piece.length, source.fd)) {
    return {Progress::cold, 0};
  }
  return {Progress::done, 0};
}

}  // namespace pagecast
