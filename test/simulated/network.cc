#include "network.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace pagecast::simulated {
namespace {
constexpr size_t kSegmentBytes = 1448;  // a full one is sent, corked or not
constexpr uint32_t kIn = EPOLLIN | EPOLLRDNORM;
constexpr uint32_t kOut = EPOLLOUT | EPOLLWRNORM;
}  // namespace

size_t Bytes::take(uint8_t* into, size_t length) {
  const size_t n = std::min(length, size());
  if (into != nullptr) std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(taken_), n, into);
  taken_ += n;
  if (taken_ >= bytes_.size()) {
    clear();
  } else if (taken_ > 65'536) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(taken_));
    taken_ = 0;
  }
  return n;
}

uint32_t Socket::readiness() {
  uint32_t mask = 0;
  if (dead_ || (finished_ && shut_)) mask |= EPOLLHUP;
  if (dead_ || finished_) mask |= kIn | EPOLLRDHUP;
  if (in_.size() > 0) mask |= kIn;
  if (dead_ || shut_ || has_room()) {
    mask |= kOut;
  } else {
    wants_room_ = true;  // tcp_poll asks to be told
  }
  if (error_ != 0) mask |= EPOLLERR;
  return mask;
}

// ---- the engine's end ----

ssize_t Socket::receive(uint8_t* buffer, size_t length) {
  if (in_.size() > 0) return static_cast<ssize_t>(in_.take(buffer, length));
  if (finished_) return 0;
  if (error_ != 0) return -std::exchange(error_, 0);
  return dead_ ? 0 : -EAGAIN;
}

int Socket::writable() {
  if (error_ != 0) return -std::exchange(error_, 0);
  if (dead_ || shut_) return -EPIPE;
  if (crowded_ || room() == 0) {
    wants_room_ = true;
    corked_ = 0;
    return -EAGAIN;
  }
  return 0;
}

void Socket::push(bool more) {
  corked_ = more ? std::min(corked_ + fresh_, kSegmentBytes - 1) : 0;
  fresh_ = 0;
  if (nearness == Nearness::host) arrive(SIZE_MAX);  // loopback: within the system call
  if (peer_closed_) abort();  // the answer of a host where nobody has this connection any more
}

void Socket::crowd() {
  crowded_ = wants_room_ = true;
  corked_ = 0;
}

int Socket::shut() {
  if (dead_) return -ENOTCONN;
  shut_ = true;
  uncork();
  wake(0);
  return 0;
}

void Socket::release() {
  released_ = true;
  // tcp_close: with input that nobody read the peer is told by a reset, and what was queued for it is lost.
  if (!dead_ && (hard_ || in_.size() > 0)) tell_peer_reset();
  shut_ = true;
  uncork();
}

void Socket::uncork() {
  corked_ = 0;
  if (nearness == Nearness::host) arrive(SIZE_MAX);
}

// ---- the network and the peer ----

size_t Socket::peer_send(const uint8_t* bytes, size_t length) {
  if (dead_ || finished_) return 0;
  if (released_) {
    tell_peer_reset();
    return length;
  }
  const size_t n = std::min(length, in_.room());
  if (n == 0) return 0;
  in_.append(bytes, n);
  wake(kIn);
  return n;
}

void Socket::arrive(size_t bytes_max) {
  if (held_ || dead_ || peer_closed_) return;
  const size_t sent = flight_.size() - std::min(flight_.size(), corked_);
  const size_t window = window_ - std::min(window_, received_.size());
  flight_.move(received_, std::min({sent, window, bytes_max}), nearness == Nearness::network);
}

// As often as it must, to have so many: what is read makes room for what follows.
size_t Socket::peer_read(uint8_t* into, size_t length) {
  size_t done = 0;
  for (size_t n = 1; n > 0 && done < length; done += n) {
    arrive(SIZE_MAX);
    n = received_.take(into + done, length - done);
  }
  if (done > 0) offer_room();
  return done;
}

void Socket::peer_finish() {
  if (dead_ || finished_) return;
  finished_ = true;
  wake(0);
}

void Socket::peer_close() {
  if (unread() > 0) return peer_reset();
  peer_closed_ = true;
  peer_finish();
}

void Socket::peer_reset() {
  received_.clear();
  die();
}

// tcp_reset: a reset has come, or is made up by the network.
void Socket::die() {
  if (dead_) return;
  dead_ = true;
  error_ = finished_ ? EPIPE : ECONNRESET;  // EPIPE in CLOSE_WAIT
  flight_.clear();
  corked_ = 0;
  wake(0);
}

void Socket::abort() {
  if (peer_closed_) received_.clear();
  die();
  saw_reset_ = true;
}

// It does not take back what has arrived: that can still be read.
void Socket::tell_peer_reset() {
  saw_reset_ = dead_ = true;
  flight_.clear();
}

void Socket::relieve() {
  if (!crowded_) return;
  crowded_ = false;
  offer_room();
}

void Socket::offer_room() {
  if (!wants_room_ || dead_ || !has_room()) return;
  wants_room_ = false;
  wake(kOut);
}

bool Listener::arrive(const std::shared_ptr<Socket>& socket) {
  if (backlog.size() >= backlog_max_) return false;
  backlog.push_back(socket);
  wake(kIn);
  return true;
}

}  // namespace pagecast::simulated
