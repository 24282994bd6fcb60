#include "engine.h"

#include <algorithm>
#include <cerrno>

#include "assertion.h"
#include "jobs.h"

namespace pagecast {
namespace {

constexpr int kPollMax = 256;
constexpr int kReadsPerTurn = 4;  // of one connection, while its input keeps filling the area

}  // namespace

Engine::Engine(Process& process, const Areas& areas)
    : process_(process), kernel_(process.kernel), areas_(areas), mailbox_(std::make_shared<Mailbox>(process.kernel)) {
  epoll_ = kernel_.epoll_create();
  if (epoll_ >= 0) {
    epoll_event event{EPOLLIN, {.u64 = tag(0, kMailboxMark)}};
    int error = mailbox_->fd() < 0 ? mailbox_->fd() : kernel_.epoll_control(epoll_, EPOLL_CTL_ADD, mailbox_->fd(), &event);
    if (error == 0) error = timer_ = kernel_.timer_create();
    event.data.u64 = tag(0, kTimerMark);
    if (error >= 0) error = kernel_.epoll_control(epoll_, EPOLL_CTL_ADD, timer_, &event);
    if (error < 0) {  // deaf to the pool, or to time: no engine
      kernel_.close(epoll_);
      epoll_ = error;
    }
  }
  process_.quiescence.add(&reader_);
  process_.guard.join(mailbox_);
}

Engine::~Engine() {
  for (uint32_t slot = 0; slot < connections_.size(); ++slot) {
    // Whoever was not drained may be in the middle of an answer, and FIN is the end of one that has no length.
    const Connection& connection = connections_[slot];
    const bool whole = connection.lingering || (connection.borrowed && !connection.pending);
    if (connection.fd >= 0) close_slot(slot, kReason_BY_US, !whole);
  }
  for (Leaving& one : leaving_) {
    if (!one.borrowed) kernel_.reset(one.fd);  // else its owner has seen to its end
    kernel_.close(one.fd);
    orphan(*one.shared, one.nearness);
  }
  for (const auto& [file, until] : orphans_) {
    areas_.counters[kCounter_guardExposed] += 1;  // nobody watches over them from now on
    drop(file);
  }
  for (File* file : filling_) {
    file->growth->end(*file, Growth::State::broken);
    drop(file);
  }
  // A worker that ends by an exception gives nothing back itself.
  for (const auto& [file, references] : held_) {
    for (uint32_t i = 0; i < references; ++i) drop(file);
  }
  for (const Root& root : roots_) {
    if (root.fd >= 0) kernel_.close(root.fd);
  }
  areas_.status[kStatus_READY] = 0;  // there is nothing to come back for
  if (timer_ >= 0) kernel_.close(timer_);
  if (epoll_ >= 0) kernel_.close(epoll_);
  process_.guard.leave(mailbox_);  // what was asked until now has its answer when the mailbox goes: nothing
  process_.quiescence.remove(&reader_);
}

// ---- the burst in ----

int Engine::receive() {
  event_count_ = 0;
  rx_used_ = 0;
  handshake_steps_ = 0;
  reader_.enter();
  take_deferred();

  ready_now_.swap(ready_);
  for (const uint32_t slot : ready_now_) connections_[slot].queued = false;
  for (const uint32_t slot : ready_now_) {
    if (connections_[slot].fd >= 0) service(slot);
  }
  ready_now_.clear();

  epoll_event events[kPollMax];
  const int count = room() ? kernel_.epoll_poll(epoll_, events, kPollMax) : 0;
  for (int i = 0; i < count; ++i) {
    const auto low = static_cast<uint32_t>(events[i].data.u64);
    const auto high = static_cast<uint32_t>(events[i].data.u64 >> 32);
    const uint32_t mask = events[i].events;
    if (high == kListenerMark) {
      accept_burst(static_cast<int32_t>(low));
    } else if (high == kMailboxMark) {
      kernel_.event_clear(mailbox_->fd());
    } else if (high == kTimerMark) {
      timer_rang();
    } else if (Connection* connection = live(low, high)) {
      if (mask & EPOLLERR) {  // a reset ends the connection whatever it waits for
        close_slot(low, ECONNRESET, false);
        continue;
      }
      if (mask & EPOLLIN) connection->readable = true;
      if (mask & (EPOLLRDHUP | EPOLLHUP)) connection->hung_up = connection->readable = true;
      if (mask & EPOLLOUT) connection->writable = true;
      service(low);
    }
  }
  take_mail();
  take_deferred();
  reader_.leave();
  publish_status();
  return event_count_;
}

void Engine::take_deferred() {
  while (!deferred_.empty() && room()) {
    const auto& record = deferred_.front();
    std::copy(record.begin(), record.end(), areas_.events + event_count_++ * kEventWords);
    if (record[0] == kEvent_CLOSED) free_.push_back(static_cast<uint32_t>(record[1]));
    deferred_.pop_front();
  }
}

void Engine::publish_status() { areas_.status[kStatus_READY] = static_cast<int32_t>(ready_.size() + deferred_.size()); }

void Engine::event(int32_t type, int32_t a, int32_t b, int32_t c, int32_t d, int32_t e) {
  PAGECAST_ASSERT(event_count_ < kEventsMax);
  const int32_t record[kEventWords] = {type, a, b, c, d, e};
  std::copy(record, record + kEventWords, areas_.events + event_count_++ * kEventWords);
}

// Everything that is due on one connection: first out, then in.
void Engine::service(uint32_t slot) {
  if (!room()) return make_ready(slot);
  Connection& connection = connections_[slot];
  if (connection.pending && connection.writable && !connection.reading_ahead) flush(slot);
  else if (connection.tls && connection.writable) send_secure_output(slot);
  if (connection.fd < 0 || !connection.readable) return;
  if (connection.lingering) return discard_input(slot);
  if (areas_.paused[slot] || connection.ended) return;
  if (connection.tls) read_secure(slot);
  else read(slot);
}

void Engine::read(uint32_t slot) {
  Connection& connection = connections_[slot];
  if (!room()) return make_ready(slot);
  areas_.counters[kCounter_receiveCalls] += 1;
  const ssize_t n = kernel_.receive(connection.fd, areas_.rx + rx_used_, kReceiveBytes);
  const auto generation = static_cast<int32_t>(connection.generation);
  if (n > 0) {
    areas_.counters[kCounter_bytesReceived] += static_cast<double>(n);
    event(kEvent_RECEIVED, static_cast<int32_t>(slot), generation, static_cast<int32_t>(rx_used_), static_cast<int32_t>(n));
    rx_used_ += static_cast<size_t>(n);
    // Less than asked for: the socket is empty and the next byte is a new edge (epoll(7)). Else come back when
    // TypeScript has seen this piece, and may have paused us.
    connection.readable = n == kReceiveBytes || connection.hung_up;
    if (connection.readable) make_ready(slot);
  } else if (n == 0) {
    connection.readable = false;
    connection.ended = true;
    event(kEvent_INPUT_ENDED, static_cast<int32_t>(slot), generation);
  } else if (n == -EAGAIN) {
    connection.readable = connection.hung_up = false;
  } else if (n == -EINTR) {
    make_ready(slot);
  } else {
    close_slot(slot, static_cast<int32_t>(-n), false);
  }
}

// RFC 9112 §9.6: after the last answer, read on until the peer has closed, so that no reset destroys what it reads.
void Engine::discard_input(uint32_t slot) {
  Connection& connection = connections_[slot];
  uint8_t scratch[kReceiveBytes];
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const ssize_t n = kernel_.receive(connection.fd, scratch, sizeof scratch);
    if (n > 0 || n == -EINTR) continue;
    if (n == -EAGAIN) {
      connection.readable = false;
      return;
    }
    return close_slot(slot, static_cast<int32_t>(-n), false);
  }
  make_ready(slot);
}

void Engine::take_mail() {
  std::unique_ptr<Job> job = mailbox_->take_all();
  while (job) {
    std::unique_ptr<Job> next(job->next);
    job->arrive(*this);
    job = std::move(next);
  }
}

// ---- slots ----

Connection* Engine::live(uint32_t slot, uint32_t generation) {
  if (slot >= connections_.size()) return nullptr;
  Connection& connection = connections_[slot];
  return connection.fd >= 0 && connection.generation == generation ? &connection : nullptr;
}

const Connection* Engine::find(uint32_t slot, uint32_t generation) const {
  return const_cast<Engine*>(this)->live(slot, generation);
}

int Engine::unacknowledged(uint32_t slot, uint32_t generation) const {
  const Connection* connection = find(slot, generation);
  return connection == nullptr ? 0 : std::max(0, kernel_.unacknowledged(connection->fd));
}

void Engine::make_ready(uint32_t slot) {
  if (connections_[slot].queued) return;
  connections_[slot].queued = true;
  ready_.push_back(slot);
}

void Engine::resume(uint32_t slot, uint32_t generation) {
  Connection* connection = live(slot, generation);
  if (connection == nullptr) return;
  areas_.paused[slot] = 0;
  if (connection->readable) make_ready(slot);
  publish_status();
}

void Engine::close(uint32_t slot, uint32_t generation, bool hard) {
  if (live(slot, generation) == nullptr) return;
  close_slot(slot, kReason_BY_US, hard);
  publish_status();
}

// The slot is free for another owner once CLOSED was reported (take_deferred).
void Engine::close_slot(uint32_t slot, int32_t reason, bool hard) {
  Connection& connection = connections_[slot];
  if (connection.pending) {
    for (Pending& pending : *connection.pending) drop(pending);
    connection.pending.reset();
  }
  const bool leaves = connection.shared && leave(slot, hard);
  areas_.starving[slot] = 0;
  if (reason == kReason_BODY_BROKEN) areas_.counters[kCounter_bodiesBroken] += 1;
  if (reason == kReason_FILE_CHANGED) areas_.counters[kCounter_tornPrevented] += 1;
  if (reason > 0 && reason < kReason_FILE_SHORTENED) areas_.counters[kCounter_sendErrors] += 1;
  if (hard) {
    areas_.counters[kCounter_resets] += 1;
    kernel_.reset(connection.fd);
  } else if (connection.tls) {
    part(connection);
  }
  connection.tls.reset();
  if (!leaves) kernel_.close(connection.fd);
  connection.fd = -1;
  deferred_.push_back({kEvent_CLOSED, static_cast<int32_t>(slot), static_cast<int32_t>(connection.generation), reason, 0, 0});
  connection.generation = (connection.generation + 2) & 0x7fffffff;
  areas_.counters[kCounter_connections] -= 1;
}

}  // namespace pagecast
