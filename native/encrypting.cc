#include "encrypting.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "source.h"
#include "tls_session.h"

namespace pagecast {
namespace {

// What is gathered before it is encrypted, and of ciphertext before it is sent. More at once would leave the cache that
// the next step finds it in.
constexpr size_t kPlainBytes = 64u << 10;
constexpr size_t kOutputBytes = 64u << 10;

// Plain text on its way into records.
struct Plain {
  uint8_t bytes[kPlainBytes];
  size_t length = 0;
  size_t room() const { return sizeof bytes - length; }
};

Plain& plain() {
  static thread_local const std::unique_ptr<Plain> here = std::make_unique<Plain>();
  return *here;
}

bool take_memory(SendContext& context, Plain& into, Span& span) {
  const uint8_t* memory = memory_of(span);
  if (memory == nullptr) return false;
  const size_t length = std::min<uint64_t>(span.length, into.room());
  std::memcpy(into.bytes + into.length, memory, length);
  into.length += length;
  context.counters[span.kind == kSpanKind_BYTES ? kCounter_bytesMemory : kCounter_bytesArena] += static_cast<double>(length);
  if (span.kind == kSpanKind_ARENA) span.file->resident.used.store(true, std::memory_order_relaxed);
  consume(span, length);
  return true;
}

// Never from a mapping: what a truncation takes away of one is a signal to whoever reads it. Never from the disk: what is
// not in memory the pool reads ahead.
ssize_t read_piece(SendContext& context, const Span& span, const Piece& piece, uint8_t* into, size_t length) {
  const auto offset = static_cast<off_t>(piece.source.base + span.offset);
  if (piece.source.from == From::memory) return context.kernel.read_at(piece.source.fd, into, length, offset);
  const ssize_t n = context.kernel.read_at_cached(piece.source.fd, into, length, offset);
  // Just read ahead; or a filesystem that cannot say what is in memory.
  const bool warm = span.offset < span.warm_until || (n == -EOPNOTSUPP && is_resident(context, span, length, piece.source.fd));
  if (n == -EOPNOTSUPP && !warm) return -EAGAIN;
  return (n == -EAGAIN || n == -EOPNOTSUPP) && warm ? context.kernel.read_at(piece.source.fd, into, length, offset) : n;
}

Advance take_file(SendContext& context, Connection& connection, std::vector<Span>& spans, size_t at, Plain& into) {
  Span& span = spans[at];
  Piece piece;
  if (const Advance found = next_piece(context, connection, spans, at, into.room(), Carriage::reading, piece); found.progress != Progress::done) return found;
  const ssize_t n = read_piece(context, span, piece, into.bytes + into.length, piece.length);
  if (n == -EAGAIN) return {Progress::cold, 0};
  if (n == -EINTR) return {Progress::yielded, 0};
  if (n < 0) return {Progress::failed, static_cast<int>(n)};
  if (n == 0) {
    context.counters[kCounter_filesShortened] += 1;
    return {Progress::failed, -kReason_FILE_SHORTENED};
  }
  context.counters[kCounter_bytesCopied] += static_cast<double>(n);
  if (piece.source.from == From::memory || piece.source.from == From::clone) context.counters[kCounter_bytesPrivate] += static_cast<double>(n);
  into.length += static_cast<size_t>(n);
  consume(span, static_cast<uint64_t>(n));
  return {Progress::done, 0};
}

// Plain text of as many spans as there is room for. Other than done: that is what the first of those left waits for.
Advance gather(SendContext& context, Connection& connection, std::vector<Span>& spans, size_t& first, Plain& into) {
  into.length = 0;
  while (first < spans.size() && into.room() > 0) {
    Span& span = spans[first];
    if (span.length == 0) {
      ++first;
    } else if (is_growing(span.kind)) {
      return {Progress::starving, 0};
    } else if (!in_memory(span) || !take_memory(context, into, span)) {
      if (const Advance step = take_file(context, connection, spans, first, into); step.progress != Progress::done) return step;
    }
  }
  return {Progress::done, 0};
}

bool encrypt(SendContext& context, TlsSession& tls, const Plain& from) {
  for (size_t at = 0; at < from.length;) {
    const size_t length = std::min(tls.record_bytes(context.ticks_ms), from.length - at);
    if (!tls.write(from.bytes + at, length)) return false;
    at += length;
  }
  context.counters[kCounter_bytesEncrypted] += static_cast<double>(from.length);
  return true;
}

Advance carry(SendContext& context, Connection& connection, std::vector<Span>& spans, size_t& first, double& sent, int32_t after) {
  TlsSession& tls = *connection.tls;
  Plain& text = plain();
  uint64_t quantum = kQuantumBytes;
  for (;;) {
    const Advance step = gather(context, connection, spans, first, text);
    if (step.progress == Progress::failed) return step;
    if (!encrypt(context, tls, text)) return {Progress::failed, -EPROTO};
    const bool done = step.progress == Progress::done && first == spans.size();
    if (done && (after == kAfter_CLOSE || after == kAfter_SHUT)) tls.end();
    if (const Advance out = send_output(context, connection, sent); out.progress != Progress::done) return out;
    if (done || step.progress != Progress::done) return step;
    quantum -= std::min<uint64_t>(quantum, text.length);
    if (quantum == 0) return {Progress::yielded, 0};
  }
}

}  // namespace

std::vector<uint8_t>& spare_output() {
  static thread_local std::vector<uint8_t> spare = [] {
    std::vector<uint8_t> made;
    made.reserve(2 * kOutputBytes);
    return made;
  }();
  return spare;
}

Advance send_output(SendContext& context, Connection& connection, double& sent) {
  TlsSession& tls = *connection.tls;
  while (tls.output_bytes() > 0) {
    const iovec part{const_cast<uint8_t*>(tls.output()), tls.output_bytes()};
    const ssize_t n = context.kernel.send(connection.fd, &part, 1, false);
    context.counters[kCounter_sendCalls] += 1;
    if (n == -EINTR) continue;
    if (n < 0 && n != -EAGAIN) return {Progress::failed, static_cast<int>(n)};
    if (n > 0) {
      tls.sent(static_cast<size_t>(n));
      sent += static_cast<double>(n);
    }
    if (tls.output_bytes() > 0) return {Progress::blocked, 0};
  }
  tls.clear_output();
  return {Progress::done, 0};
}

Advance advance_encrypted(SendContext& context, Connection& connection, std::vector<Span>& spans, size_t& first, double& sent, int32_t after) {
  if (connection.tls->output_bytes() > kHeldBytesMax) {
    if (const Advance before = send_output(context, connection, sent); before.progress != Progress::done) return before;
  }
  connection.tls->borrow(spare_output());
  const Advance outcome = carry(context, connection, spans, first, sent, after);
  connection.tls->give_back(spare_output());
  return outcome;
}

}  // namespace pagecast
