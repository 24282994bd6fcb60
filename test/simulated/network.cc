#include "network.h"

#include <algorithm>
#include <cerrno>
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
  if (crowded_ || out_.room() == 0) {
    wants_room_ = true;
    corked_ = 0;
    return -EAGAIN;
  }
  return 0;
}

void Socket::append(const uint8_t* bytes, size_t length, bool more) {
  out_.append(bytes, length);
  corked_ = more ? std::min(corked_ + length, kSegmentBytes - 1) : 0;
  if (peer_closed_) abort();  // the answer of a host where nobody has this connection any more
}

void Socket::crowd() {
  crowded_ = wants_room_ = true;
  corked_ = 0;
}

int Socket::shut() {
  if (dead_) return -ENOTCONN;
  shut_ = true;
  corked_ = 0;
  wake(0);
  return 0;
}

void Socket::release() {
  released_ = true;
  // tcp_close: with input that nobody read the peer is told by a reset, and what was queued for it is lost.
  if (!dead_ && (hard_ || in_.size() > 0)) tell_peer_reset();
  shut_ = true;
  corked_ = 0;
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

size_t Socket::peer_read(uint8_t* into, size_t length) {
  if (saw_reset_) return 0;
  const size_t n = out_.take(into, std::min(length, out_.size() - std::min(out_.size(), corked_)));
  if (n > 0) offer_room();
  return n;
}

void Socket::peer_finish() {
  if (dead_ || finished_) return;
  finished_ = true;
  wake(0);
}

void Socket::peer_close() {
  if (out_.size() > 0) return peer_reset();
  peer_closed_ = true;
  peer_finish();
}

void Socket::peer_reset() {
  if (dead_) return;
  dead_ = true;
  error_ = finished_ ? EPIPE : ECONNRESET;  // tcp_reset: EPIPE in CLOSE_WAIT
  out_.clear();
  corked_ = 0;
  wake(0);
}

void Socket::abort() {
  peer_reset();
  saw_reset_ = true;
}

void Socket::tell_peer_reset() {
  saw_reset_ = dead_ = true;
  out_.clear();
}

void Socket::relieve() {
  if (!crowded_) return;
  crowded_ = false;
  offer_room();
}

void Socket::uncork() { corked_ = 0; }

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
