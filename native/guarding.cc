// Engine: the guard's questions, pages that are on their way, and proofs.
#include "engine.h"

#include <algorithm>
#include <cerrno>

#include "jobs.h"

namespace pagecast {
namespace {

constexpr int64_t kMomentMs = 1;
constexpr int64_t kTidyMs = 100;
// Pages that a peer which may be on this host has acknowledged, but perhaps not read, when we closed: a break within
// this time asks the page cache about them.
constexpr int64_t kUnreadMs = 10'000;
// What a peer has acknowledged this many bytes ago it must have read: no receive queue is longer (net.ipv4.tcp_rmem).
constexpr double kReceiveQueueMax = 64 << 20;
// Files with unread pages that a connection remembers.
constexpr size_t kUnreadPagesMax = 256;
// For the kernel to send what it has of a connection that is closed.
constexpr int64_t kLeavingMs = 60'000;

bool is_of(const Span& span, const File& file) { return span.kind != kSpanKind_BYTES && span.file == &file; }

struct Presence {
  bool queued = false;  // unacknowledged
  bool unread = false;  // acknowledged, perhaps not read
};

Presence presence_of(const File& file, const SharedPages& pages) {
  Presence presence;
  for (const SharedPages::One& one : pages.all) {
    if (one.file == &file) (one.acknowledged ? presence.unread : presence.queued) = true;
  }
  return presence;
}

bool wants(const Connection& connection, const File& file) {
  if (!connection.pending) return false;
  for (const Pending& pending : *connection.pending) {
    for (size_t i = pending.first; i < pending.spans.size(); ++i) {
      if (is_of(pending.spans[i], file)) return true;
    }
  }
  return false;
}

}  // namespace

SendContext Engine::context() { return {kernel_, areas_.counters, kernel_.ticks_ms(), copy_for_unknown_, unsent_bytes_max_}; }

void Engine::add_wanted(const Connection& connection, const File& file, Census& census) const {
  if (!connection.pending || is_sealed(file)) return;
  for (const Pending& pending : *connection.pending) {
    for (size_t i = pending.first; i < pending.spans.size(); ++i) {
      const Span& span = pending.spans[i];
      if (!is_of(span, file)) continue;
      ++census.wanted;
      census.from = std::min(census.from, span.offset);
      census.to = std::max(census.to, span.offset + span.length);
    }
  }
}

// What this engine has to do with a file whose lease is being broken. `go_on`: there is a snapshot, or none will come.
// `abandon`: the writer is let in now; whoever is not done with the file's own pages is reset.
Census Engine::heed(File& file, Question question) {
  Census census;
  for (uint32_t slot = 0; slot < connections_.size(); ++slot) {
    Connection& connection = connections_[slot];
    if (connection.fd < 0 || (!connection.pending && !connection.shared)) continue;
    add_wanted(connection, file, census);
    Presence presence;
    if (connection.shared) {
      tidy(slot);
      presence = presence_of(file, *connection.shared);
    }
    census.queued += presence.queued;
    census.unknown = census.unknown || presence.unread;
    const bool parked = wants(connection, file);
    if (question == Question::go_on && parked) make_ready(slot);
    if (question != Question::abandon) continue;
    if (presence.unread) areas_.counters[kCounter_guardExposed] += 1;
    if (presence.queued || (parked && (presence.unread || (is_lost(file) && file.snapshot_fd < 0)))) close_slot(slot, kReason_FILE_CHANGED, true);
  }
  heed_leavers(file, question, census);
  if (is_sealed(file)) {
    areas_.broken[file.number] = 0;
  } else if (areas_.broken[file.number] == 0) {
    areas_.broken[file.number] = 1;
    deferred_.push_back({kEvent_LEASE_BROKEN, static_cast<int32_t>(file.number), census.wanted, 0, 0, 0});
  }
  return census;
}

void Engine::heed_leavers(const File& file, Question question, Census& census) {
  tidy_leavers();
  std::erase_if(leaving_, [&](Leaving& one) {
    const Presence presence = presence_of(file, *one.shared);
    census.queued += presence.queued;
    census.unknown = census.unknown || presence.unread;
    if (question != Question::abandon || !presence.queued) return false;
    areas_.counters[kCounter_tornPrevented] += 1;
    kernel_.reset(one.fd);
    kernel_.close(one.fd);
    orphan(*one.shared, one.nearness);
    return true;
  });
  for (const auto& [orphan, until] : orphans_) {
    if (orphan != &file) continue;
    census.unknown = true;
    if (question == Question::abandon) areas_.counters[kCounter_guardExposed] += 1;
  }
}

// Forgets pages that are gone. True when none are left unacknowledged.
bool Engine::tidy(SharedPages& pages, double acknowledged, Nearness nearness) {
  bool all = true;
  size_t left = pages.all.size();
  std::erase_if(pages.all, [&](SharedPages::One& one) {
    one.acknowledged = one.end <= acknowledged;
    all = all && one.acknowledged;
    if (!one.acknowledged) return false;
    const bool read = nearness == Nearness::network || one.end + kReceiveQueueMax <= acknowledged;
    if (!read && left <= kUnreadPagesMax) return false;
    if (!read) areas_.counters[kCounter_guardExposed] += 1;  // more than is remembered
    --left;
    drop(one.file);
    return true;
  });
  return all;
}

bool Engine::tidy(uint32_t slot) {
  Connection& connection = connections_[slot];
  const double acknowledged = areas_.progress[slot] - std::max(0, kernel_.unacknowledged(connection.fd));
  return tidy(*connection.shared, acknowledged, static_cast<Nearness>(connection.nearness));
}

void Engine::remember_sharing(uint32_t slot) {
  Connection& connection = connections_[slot];
  if (!connection.shared || connection.sharing) return;
  connection.sharing = true;
  sharing_.push_back(slot);
  arm_timer();
}

// A connection closes. True: its socket stays ours until the kernel has sent what it has, for nobody may write to those
// pages before. A reset throws them away at once.
bool Engine::leave(uint32_t slot, bool hard) {
  Connection& connection = connections_[slot];
  const auto nearness = static_cast<Nearness>(connection.nearness);
  if (tidy(slot) || hard) {
    orphan(*connection.shared, nearness);
    connection.shared.reset();
    return false;
  }
  kernel_.shutdown_send(connection.fd);
  leaving_.push_back({connection.fd, areas_.progress[slot], nearness, std::move(connection.shared), kernel_.ticks_ms() + kLeavingMs, connection.borrowed});
  arm_timer();
  return true;
}

// What its peer may not have read yet outlives a connection.
void Engine::orphan(SharedPages& pages, Nearness nearness) {
  for (const SharedPages::One& one : pages.all) {
    if (nearness == Nearness::unknown) orphans_.emplace_back(one.file, kernel_.ticks_ms() + kUnreadMs);
    else drop(one.file);
  }
  pages.all.clear();
  if (!orphans_.empty()) arm_timer();
}

void Engine::tidy_leavers() {
  const int64_t now = kernel_.ticks_ms();
  std::erase_if(leaving_, [&](Leaving& one) {
    const bool done = tidy(*one.shared, one.sent - std::max(0, kernel_.unacknowledged(one.fd)), one.nearness);
    if (!done && now < one.until_ms) return false;
    if (!done) kernel_.reset(one.fd);
    kernel_.close(one.fd);
    orphan(*one.shared, one.nearness);
    return true;
  });
}

// The end of an answer from a file that may change: read, and sent only when the file is still the one that it was.
// What was sent of its own pages must have been acknowledged by then.
void Engine::prove(uint32_t slot, Pending& front) {
  Connection& connection = connections_[slot];
  Span& span = front.spans[front.first];
  const File& file = *span.file;
  if (connection.nearness == static_cast<int8_t>(Nearness::network) && kernel_.unacknowledged(connection.fd) > 0) return wait_a_moment(slot);
  auto bytes = std::make_unique<uint8_t[]>(span.length);
  ssize_t n = kernel_.read_at_cached(file.fd, bytes.get(), span.length, static_cast<off_t>(span.offset));
  const bool warm = span.warm_until >= span.offset + span.length;
  // Just read ahead, or a filesystem that cannot say what is in memory.
  if (n == -EOPNOTSUPP || (warm && n != static_cast<ssize_t>(span.length))) n = kernel_.read_at(file.fd, bytes.get(), span.length, static_cast<off_t>(span.offset));
  if (n == -EAGAIN || (n >= 0 && n < static_cast<ssize_t>(span.length) && !warm)) return read_ahead(slot, front);
  struct stat status;
  if (n != static_cast<ssize_t>(span.length) || kernel_.status(file.fd, &status) < 0 || identity_of(status) != file.identity) {
    note_damage(span, kReason_FILE_CHANGED);
    return close_slot(slot, kReason_FILE_CHANGED, true);
  }
  drop(span.file);
  span.kind = kSpanKind_BYTES;
  span.file = nullptr;
  span.data = bytes.get();
  front.proven = std::move(bytes);
  make_ready(slot);
}

void Engine::wait_a_moment(uint32_t slot) {
  if (connections_[slot].waiting) return;
  connections_[slot].waiting = true;
  waiting_.push_back(slot);
  arm_timer();
}

void Engine::arm_timer() {
  const int64_t after = !waiting_.empty() ? kMomentMs : kTidyMs;
  const int64_t due = kernel_.ticks_ms() + after;
  if (timer_due_ms_ != 0 && timer_due_ms_ <= due) return;
  timer_due_ms_ = due;
  kernel_.timer_arm(timer_, after);
}

void Engine::timer_rang() {
  kernel_.event_clear(timer_);
  timer_due_ms_ = 0;
  std::vector<uint32_t> waiting;
  waiting.swap(waiting_);
  for (const uint32_t slot : waiting) {
    connections_[slot].waiting = false;
    if (connections_[slot].fd >= 0) make_ready(slot);
  }
  const int64_t now = kernel_.ticks_ms();
  tidy_leavers();
  std::erase_if(sharing_, [&](uint32_t slot) {
    Connection& connection = connections_[slot];
    if (connection.fd >= 0 && connection.shared) {
      tidy(slot);
      if (!connection.shared->all.empty()) return false;
      connection.shared.reset();
    }
    connection.sharing = false;
    return true;
  });
  std::erase_if(orphans_, [&](const auto& orphan) {
    if (now < orphan.second) return false;
    drop(orphan.first);
    return true;
  });
  if (!waiting_.empty() || !sharing_.empty() || !leaving_.empty() || !orphans_.empty()) arm_timer();
}

void Engine::limit_guard(const GuardLimits& limits, int unsent_bytes_max) {
  process_.guard.limit(limits);
  copy_for_unknown_ = limits.copy_for_unknown;
  unsent_bytes_max_ = unsent_bytes_max;
}

void Engine::keep_private(uint32_t number) {
  File* file = process_.files.at(number);
  if (file == nullptr || file->hold != Hold::leased || is_sealed(*file)) return;
  process_.pool->submit(std::make_unique<PrivateJob>(process_, file));
}

}  // namespace pagecast
