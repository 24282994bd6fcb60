// Engine: the burst out. Commands become answers; what the socket does not take goes on when it can.
#include "engine.h"

#include <algorithm>

#include "assertion.h"
#include "encrypting.h"
#include "jobs.h"

namespace pagecast {

int Engine::send(size_t words) {
  reader_.enter();
  int unfinished = 0;
  for (size_t at = 0; at < words;) {
    double* command = areas_.commands + at;
    execute(command);
    if (command[kCommand_RESULT] != kResult_DONE) ++unfinished;
    at += kCommand_HEAD_WORDS + static_cast<size_t>(command[kCommand_SPANS]) * kSpan_WORDS;
  }
  reader_.leave();
  publish_status();
  return unfinished;
}

void Engine::execute(double* command) {
  const auto slot = static_cast<uint32_t>(command[kCommand_SLOT]);
  Connection* connection = live(slot, static_cast<uint32_t>(command[kCommand_GENERATION]));
  if (connection == nullptr || connection->lingering) {
    command[kCommand_RESULT] = kResult_GONE;
    return;
  }
  const auto after = static_cast<int32_t>(command[kCommand_AFTER]);
  if (after == kAfter_RESET || (connection->tls && !connection->tls->established())) {  // there is nobody to be answered yet
    command[kCommand_RESULT] = kResult_DONE;
    return close_slot(slot, kReason_BY_US, true);
  }
  spans_.clear();
  const double* words = command + kCommand_HEAD_WORDS;
  for (int i = 0; i < static_cast<int>(command[kCommand_SPANS]); ++i, words += kSpan_WORDS) {
    Span span{static_cast<int32_t>(words[kSpan_KIND]), nullptr, nullptr, static_cast<uint64_t>(words[kSpan_OFFSET]),
              static_cast<uint64_t>(words[kSpan_LENGTH])};
    if (span.kind == kSpanKind_BYTES) {
      PAGECAST_ASSERT(span.offset + span.length <= areas_.tx_bytes);
      span.data = areas_.tx + span.offset;
    } else {
      span.file = process_.files.at(static_cast<uint32_t>(words[kSpan_FILE]));
      PAGECAST_ASSERT(span.file != nullptr && (span.file->growth || !is_growing(span.kind)));
    }
    PAGECAST_ASSERT(span.length > 0);  // an empty last span would leave the head corked
    spans_.push_back(span);
  }

  command[kCommand_RESULT] = kResult_PENDING;
  const bool grows = std::any_of(spans_.begin(), spans_.end(), [](const Span& span) { return is_growing(span.kind); });
  if (connection->pending || grows) {
    const bool waits = connection->pending != nullptr;
    if (!waits) connection->pending = std::make_unique<std::deque<Pending>>();
    connection->pending->push_back(Pending::own(spans_, 0, after));
    if (!waits) make_ready(slot);
    return;
  }
  size_t first = 0;
  const Advance outcome = carry(*connection, spans_, first, after, areas_.progress[slot]);
  remember_sharing(slot);
  if (outcome.progress == Progress::done) {
    command[kCommand_RESULT] = kResult_DONE;
    return finish(slot, after);
  }
  if (outcome.progress == Progress::failed) {
    if (first < spans_.size()) note_damage(spans_[first], -outcome.error);
    return close_slot(slot, -outcome.error, true);
  }
  connection->pending = std::make_unique<std::deque<Pending>>();
  connection->pending->push_back(Pending::own(spans_, first, after));
  settle(slot, outcome, connection->pending->front());
}

Advance Engine::carry(Connection& connection, std::vector<Span>& spans, size_t& first, int32_t after, double& sent) {
  SendContext to = context();
  return connection.tls ? advance_encrypted(to, connection, spans, first, sent, after) : advance(to, connection, spans, first, sent);
}

// Goes on with what is pending, oldest first, until the socket is full or the quantum is used up.
void Engine::flush(uint32_t slot) {
  Connection& connection = connections_[slot];
  while (connection.pending) {
    Pending& front = connection.pending->front();
    if (!expand(front)) return close_slot(slot, kReason_BODY_BROKEN, true);
    const Advance outcome = carry(connection, front.spans, front.first, front.after, areas_.progress[slot]);
    remember_sharing(slot);
    if (outcome.progress == Progress::failed) {
      if (front.first < front.spans.size()) note_damage(front.spans[front.first], -outcome.error);
      return close_slot(slot, -outcome.error, true);
    }
    if (outcome.progress != Progress::done) return settle(slot, outcome, front);
    const int32_t after = front.after;
    drop(front);
    connection.pending->pop_front();
    if (connection.pending->empty()) connection.pending.reset();
    event(kEvent_SENT, static_cast<int32_t>(slot), static_cast<int32_t>(connection.generation));
    finish(slot, after);
    if (after == kAfter_CLOSE) return;
    if (!room()) return make_ready(slot);
  }
}

void Engine::settle(uint32_t slot, const Advance& outcome, Pending& front) {
  switch (outcome.progress) {
    case Progress::blocked:
      connections_[slot].writable = false;
      areas_.counters[kCounter_sendsBlocked] += 1;
      break;
    case Progress::yielded:
      areas_.counters[kCounter_quantaUsedUp] += 1;
      make_ready(slot);
      break;
    case Progress::cold:
      read_ahead(slot, front);
      break;
    case Progress::parked:
      areas_.counters[kCounter_answersParked] += 1;
      wait_a_moment(slot);  // the guard tells those that it has asked; this one may have come later
      break;
    case Progress::unproven:
      prove(slot, front);
      break;
    case Progress::starving:
      starve(slot, front);
      break;
    case Progress::done:
    case Progress::failed:
      PAGECAST_ASSERT(false);
  }
}

void Engine::finish(uint32_t slot, int32_t after) {
  Connection& connection = connections_[slot];
  if (after == kAfter_SHUT) kernel_.shutdown_send(connection.fd);  // of one that was reset an edge tells
  if (after != kAfter_CLOSE) return;
  if (connection.pending) {  // nothing may follow a last answer
    for (Pending& rest : *connection.pending) drop(rest);
    connection.pending.reset();
  }
  if (connection.ended) return close_slot(slot, 0, false);
  kernel_.shutdown_send(connection.fd);
  connection.tls.reset();  // what still comes is not looked at
  connection.lingering = connection.readable = true;
  make_ready(slot);
}

// What was seen not to be what was stored, or has changed since, is no version to be answered with: nobody looks at its path.
void Engine::note_damage(const Span& span, int reason) {
  if (span.kind != kSpanKind_FILE || !span.file->stored) return;
  if (span.file->stored->is_damaged()) areas_.broken[span.file->number] = 2;
  else if (reason == kReason_FILE_CHANGED || reason == kReason_FILE_SHORTENED) areas_.broken[span.file->number] = 1;
}

void Engine::drop(Pending& pending) {
  for (Span& span : pending.spans) {
    if (span.kind != kSpanKind_BYTES) drop(span.file);
  }
}

void Engine::read_ahead(uint32_t slot, const Pending& front) {
  Connection& connection = connections_[slot];
  const Span& span = front.spans[front.first];
  auto job = std::make_unique<ReadAheadJob>(process_, span.file, span.offset, std::min(span.length, kWindowBytes), slot, connection.generation);
  job->mailbox = mailbox_;
  areas_.counters[kCounter_readAheads] += 1;
  if (process_.pool->submit(std::move(job))) {
    connection.reading_ahead = true;
  } else {
    make_ready(slot);  // the pool's queue is full: ask again on the next turn
  }
}

void Engine::was_read_ahead(const ReadAheadJob& job) {
  Connection* connection = live(job.slot, job.generation);
  if (connection == nullptr || !connection->reading_ahead) return;
  connection->reading_ahead = false;
  if (connection->pending) {  // nothing was sent meanwhile: it is the span that was asked for
    Pending& front = connection->pending->front();
    front.spans[front.first].warm_until = job.offset + job.length;
  }
  service(job.slot);
}

}  // namespace pagecast
