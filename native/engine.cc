#include "engine.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "assertion.h"
#include "jobs.h"

namespace pagecast {
namespace {

constexpr int kPollMax = 256;
constexpr int kAcceptBurst = 64;
constexpr int kReadsPerTurn = 4;  // of one connection, while its input keeps filling the area
// What an epoll event stands for: a connection's slot and generation, or one of these in place of the generation.
// Generations are even, so they are never taken for a mark.
constexpr uint32_t kListenerMark = 1;
constexpr uint32_t kMailboxMark = 3;

uint64_t tag(uint32_t low, uint32_t high) { return static_cast<uint64_t>(high) << 32 | low; }

bool aborted_by_peer(int error) {
  // accept(2): errors that were pending on the new connection, and are not ours.
  switch (error) {
    case -ECONNABORTED: case -EINTR: case -EPROTO: case -ENETDOWN: case -ENOPROTOOPT: case -EHOSTDOWN:
    case -ENONET: case -EHOSTUNREACH: case -EOPNOTSUPP: case -ENETUNREACH: case -EPERM:
      return true;
    default:
      return false;
  }
}

}  // namespace

Engine::Engine(Process& process, const Areas& areas)
    : process_(process), kernel_(process.kernel), areas_(areas), mailbox_(std::make_shared<Mailbox>(process.kernel)) {
  epoll_ = kernel_.epoll_create();
  if (epoll_ >= 0) {
    epoll_event event{EPOLLIN, {.u64 = tag(0, kMailboxMark)}};
    const int error = mailbox_->fd() < 0 ? mailbox_->fd() : kernel_.epoll_control(epoll_, EPOLL_CTL_ADD, mailbox_->fd(), &event);
    if (error < 0) {  // deaf to the pool: no engine
      kernel_.close(epoll_);
      epoll_ = error;
    }
  }
  process_.quiescence.add(&reader_);
}

Engine::~Engine() {
  for (uint32_t slot = 0; slot < connections_.size(); ++slot) {
    // Whoever was not drained may be in the middle of an answer, and FIN is the end of one that has no length.
    if (connections_[slot].fd >= 0) close_slot(slot, kReason_BY_US, !connections_[slot].lingering);
  }
  // A worker that ends by an exception gives nothing back itself.
  for (const auto& [file, references] : held_) {
    for (uint32_t i = 0; i < references; ++i) drop(file);
  }
  for (const Root& root : roots_) {
    if (root.fd >= 0) kernel_.close(root.fd);
  }
  if (epoll_ >= 0) kernel_.close(epoll_);
  process_.quiescence.remove(&reader_);
}

// ---- listeners ----

int Engine::listen(int fd, bool shared) {
  for (size_t i = 0; i < listeners_.size(); ++i) {
    if (listeners_[i].fd >= 0) continue;
    listeners_[i] = {fd, shared, true};
    const int error = accept_again(static_cast<int>(i));
    if (error < 0) listeners_[i] = {};
    return error < 0 ? error : static_cast<int>(i);
  }
  return -ENFILE;
}

int Engine::unlisten(int number) {
  Listener& listener = listeners_[static_cast<size_t>(number)];
  const int error = listener.paused ? 0 : kernel_.epoll_control(epoll_, EPOLL_CTL_DEL, listener.fd, nullptr);
  listener = {};
  return error;
}

int Engine::accept_again(int number) {
  Listener& listener = listeners_[static_cast<size_t>(number)];
  if (listener.fd < 0 || !listener.paused) return 0;
  // One of several waiters is enough for a shared listener. Level-triggered: what a burst leaves is reported again.
  epoll_event event{EPOLLIN | (listener.shared ? EPOLLEXCLUSIVE : 0u), {.u64 = tag(static_cast<uint32_t>(number), kListenerMark)}};
  const int error = kernel_.epoll_control(epoll_, EPOLL_CTL_ADD, listener.fd, &event);
  if (error == 0) listener.paused = false;
  return error;
}

void Engine::pause(int32_t number, int error) {
  Listener& listener = listeners_[static_cast<size_t>(number)];
  // EPOLLEXCLUSIVE cannot be modified, only removed. If even that fails the level stays, and we are called again.
  listener.paused = kernel_.epoll_control(epoll_, EPOLL_CTL_DEL, listener.fd, nullptr) == 0;
  areas_.counters[kCounter_acceptRefused] += 1;
  event(kEvent_ACCEPT_FAILED, number, -error);
}

void Engine::accept_burst(int32_t number) {
  const int listener = listeners_[static_cast<size_t>(number)].fd;
  for (int i = 0; i < kAcceptBurst && listener >= 0 && room(); ++i) {
    const bool fresh = free_.empty();
    // Out of slots, or below of descriptors, after the first: nobody may be waiting any more. Who does is told again.
    if (fresh && connections_.size() >= areas_.slots) return i == 0 ? pause(number, -ENFILE) : void();
    sockaddr_in6 address{};
    socklen_t length = sizeof address;
    const int fd = kernel_.accept(listener, reinterpret_cast<sockaddr*>(&address), &length);
    if (fd == -EAGAIN) return;
    if (aborted_by_peer(fd)) {
      areas_.counters[kCounter_acceptAborted] += 1;
      continue;
    }
    if (fd < 0) return i == 0 ? pause(number, fd) : void();
    if (fresh) {
      free_.push_back(static_cast<uint32_t>(connections_.size()));
      connections_.emplace_back();
    }
    const uint32_t slot = free_.back();
    Connection& connection = connections_[slot];
    epoll_event edge{EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.u64 = tag(slot, connection.generation)}};
    if (const int error = kernel_.epoll_control(epoll_, EPOLL_CTL_ADD, fd, &edge); error < 0) {
      kernel_.close(fd);
      return pause(number, error);
    }
    free_.pop_back();
    const uint32_t generation = connection.generation;
    connection = Connection{};
    connection.generation = generation;
    connection.fd = fd;
    connection.writable = true;
    connection.address = address;
    areas_.paused[slot] = 0;
    areas_.progress[slot] = 0;
    areas_.counters[kCounter_accepted] += 1;
    areas_.counters[kCounter_connections] += 1;
    event(kEvent_ACCEPTED, static_cast<int32_t>(slot), static_cast<int32_t>(generation), number);
  }
}

// ---- the burst in ----

int Engine::receive() {
  event_count_ = 0;
  rx_used_ = 0;
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
  if (connection.fd < 0 || !connection.readable) return;
  if (connection.lingering) return discard_input(slot);
  if (!areas_.paused[slot] && !connection.ended) read(slot);
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

// ---- the burst out ----

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
  if (after == kAfter_RESET) {
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
      PAGECAST_ASSERT(span.file != nullptr);
    }
    PAGECAST_ASSERT(span.length > 0);  // an empty last span would leave the head corked
    spans_.push_back(span);
  }

  command[kCommand_RESULT] = kResult_PENDING;
  if (connection->pending) {
    connection->pending->push_back(Pending::own(spans_, 0, after));
    return;
  }
  size_t first = 0;
  SendContext context{kernel_, areas_.counters, kernel_.ticks_ms()};
  const Advance outcome = advance(context, connection->fd, spans_, first, areas_.progress[slot]);
  if (outcome.progress == Progress::done) {
    command[kCommand_RESULT] = kResult_DONE;
    return finish(slot, after);
  }
  if (outcome.progress == Progress::failed) return close_slot(slot, -outcome.error, true);
  connection->pending = std::make_unique<std::deque<Pending>>();
  connection->pending->push_back(Pending::own(spans_, first, after));
  settle(slot, outcome, connection->pending->front());
}

// Goes on with what is pending, oldest first, until the socket is full or the quantum is used up.
void Engine::flush(uint32_t slot) {
  Connection& connection = connections_[slot];
  SendContext context{kernel_, areas_.counters, kernel_.ticks_ms()};
  while (connection.pending) {
    Pending& front = connection.pending->front();
    const Advance outcome = advance(context, connection.fd, front.spans, front.first, areas_.progress[slot]);
    if (outcome.progress == Progress::failed) return close_slot(slot, -outcome.error, true);
    if (outcome.progress != Progress::done) return settle(slot, outcome, front);
    const int32_t after = front.after;
    drop(front);
    connection.pending->pop_front();
    if (connection.pending->empty()) connection.pending.reset();
    event(kEvent_SENT, static_cast<int32_t>(slot), static_cast<int32_t>(connection.generation));
    if (after != kAfter_KEEP) return finish(slot, after);
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
    case Progress::done:
    case Progress::failed:
      PAGECAST_ASSERT(false);
  }
}

void Engine::finish(uint32_t slot, int32_t after) {
  if (after != kAfter_CLOSE) return;
  Connection& connection = connections_[slot];
  if (connection.pending) {  // nothing may follow a last answer
    for (Pending& rest : *connection.pending) drop(rest);
    connection.pending.reset();
  }
  if (connection.ended) return close_slot(slot, 0, false);
  kernel_.shutdown_send(connection.fd);
  connection.lingering = connection.readable = true;
  make_ready(slot);
}

void Engine::drop(Pending& pending) {
  for (Span& span : pending.spans) {
    if (span.kind != kSpanKind_BYTES) drop(span.file);
  }
}

void Engine::drop(File* file) {
  if (Files::release(file)) process_.pool->submit_always(std::make_unique<DestroyJob>(process_.files, file));
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

// ---- from the pool ----

void Engine::take_mail() {
  std::unique_ptr<Job> job = mailbox_->take_all();
  while (job) {
    std::unique_ptr<Job> next(job->next);
    job->arrive(*this);
    job = std::move(next);
  }
}

void Engine::opened(OpenJob& job) {
  const int32_t number = job.file == nullptr ? -1 : static_cast<int32_t>(job.file->number);
  if (job.file != nullptr) ++held_[job.file];
  job.file = nullptr;  // the reference is TypeScript's now
  deferred_.push_back({kEvent_OPENED, static_cast<int32_t>(job.ticket), job.error, job.kind, number, job.rerooted});
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

bool Engine::open(uint32_t ticket, const std::string& root, const std::string& path, Symlinks symlinks, const LoadLimits& limits) {
  auto job = std::make_unique<OpenJob>(process_, ticket, root, path, symlinks, limits);
  job->mailbox = mailbox_;
  return process_.pool->submit(std::move(job));
}

void Engine::release(uint32_t number) {
  File* file = process_.files.at(number);
  const auto held = held_.find(file);
  PAGECAST_ASSERT(held != held_.end());
  if (--held->second == 0) held_.erase(held);
  drop(file);
}

// ---- freshness ----

int Engine::open_root(const char* path) {
  roots_.push_back({path, -1});
  return static_cast<int>(roots_.size()) - 1;
}

int Engine::check(int number, const char* path, int64_t file, Symlinks symlinks, bool refresh_root) {
  Root& root = roots_[static_cast<size_t>(number)];
  if (refresh_root && root.fd >= 0) {
    kernel_.close(root.fd);  // O_PATH: nothing waits
    root.fd = -1;
  }
  if (root.fd < 0) root.fd = open_cached(kernel_, AT_FDCWD, root.path.c_str(), Symlinks::inside, false);
  if (root.fd < 0) return kCheck_UNKNOWN;
  const int place = open_cached(kernel_, root.fd, path, symlinks, true);
  if (place == -ENOENT || place == -ENOTDIR) return kCheck_MISSING;
  if (place < 0) return kCheck_UNKNOWN;
  struct stat status;
  const int error = kernel_.status(place, &status);
  kernel_.close(place);
  if (error < 0) return kCheck_UNKNOWN;
  if (S_ISDIR(status.st_mode)) return kCheck_DIRECTORY;
  if (file < 0) return kCheck_CHANGED;
  const File* known = process_.files.at(static_cast<uint32_t>(file));
  PAGECAST_ASSERT(known != nullptr);
  if (known->settling || identity_of(status) != known->identity) return kCheck_CHANGED;
  return known->wants_arena && known->resident.bytes == nullptr ? kCheck_EVICTED : kCheck_SAME;
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
  if (reason > 0 && reason < kReason_FILE_SHORTENED) areas_.counters[kCounter_sendErrors] += 1;
  if (hard) {
    areas_.counters[kCounter_resets] += 1;
    kernel_.reset(connection.fd);
  }
  kernel_.close(connection.fd);
  connection.fd = -1;
  deferred_.push_back({kEvent_CLOSED, static_cast<int32_t>(slot), static_cast<int32_t>(connection.generation), reason, 0, 0});
  connection.generation = (connection.generation + 2) & 0x7fffffff;
  areas_.counters[kCounter_connections] -= 1;
}

}  // namespace pagecast
