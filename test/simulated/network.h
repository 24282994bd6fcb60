// TCP as the engine sees it: sockets with a bounded send buffer and input queue, and the peer at the other end, who
// reads, writes, closes and resets when the driver says so. The rules are Linux's (net/ipv4/tcp.c: tcp_poll,
// tcp_sendmsg, tcp_recvmsg, tcp_close), in one place per rule.
//
//   append -> [ in flight: not acknowledged | corked ] -> arrive -> [ the peer's receive queue ] -> peer_read
//
// What sendfile put in flight refers to the file's pages: until it arrives at a peer across a network, until it is read
// by one whose kernel is ours or may be.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <deque>
#include <memory>
#include <vector>

#include "../../native/kernel.h"
#include "queue.h"
#include "readiness.h"

namespace pagecast::simulated {

// A queue of bytes, bounded.
class Bytes {
 public:
  explicit Bytes(size_t size_max) : size_max_(size_max) {}
  size_t size() const { return bytes_.size() - taken_; }
  size_t room() const { return size() >= size_max_ ? 0 : size_max_ - size(); }
  void append(const uint8_t* bytes, size_t length) { bytes_.insert(bytes_.end(), bytes, bytes + length); }
  size_t take(uint8_t* into, size_t length);
  void clear() { bytes_.clear(), taken_ = 0; }

 private:
  std::vector<uint8_t> bytes_;
  size_t taken_ = 0;
  size_t size_max_;
};

class Socket final : public Pollable {
 public:
  // `send_max`: bytes that were sent and not read; `window`: how many of them the peer's kernel takes.
  Socket(uint32_t number, size_t receive_max, size_t send_max, size_t window, Nearness near)
      : Pollable(Kind::socket), peer_number(number), nearness(near), in_(receive_max), send_max_(send_max), window_(window) {}

  uint32_t readiness() override;

  // ---- the engine's end ----
  ssize_t receive(uint8_t* buffer, size_t length);
  int writable();  // 0, or what a send answers at once: EAGAIN (and room is waited for), EPIPE, the error that came
  size_t room() const { return unread() >= send_max_ ? 0 : send_max_ - unread(); }
  void append(const uint8_t* bytes, size_t length) { flight_.append(bytes, length), fresh_ += length; }
  void append(const std::shared_ptr<Page>& page, size_t offset, size_t length) { flight_.append(page, offset, length), fresh_ += length; }
  // What was appended leaves. `more`: corked until the rest follows. A send that did not fit pushes what there is, and
  // waits for room.
  void push(bool more);
  size_t unacknowledged() const { return flight_.size() + (shut_ && flight_.size() > 0); }  // SIOCOUTQ counts FIN
  void await_room() { wants_room_ = true, corked_ = 0; }
  void crowd();   // no room, whatever there is, until relieve(): memory pressure
  int shut();     // FIN behind what is queued
  void linger_hard() { hard_ = true; }
  void release();  // close(2)

  // ---- the network and the peer ----
  size_t peer_send(const uint8_t* bytes, size_t length);
  size_t peer_read(uint8_t* into, size_t length);
  void arrive(size_t bytes_max);       // what the window has room for is in the peer's queue, and acknowledged
  void hold(bool held) { held_ = held; }  // the network carries nothing to the peer
  void peer_finish();
  void peer_close();
  void peer_reset();
  void abort();    // RST to both ends
  void relieve();
  void uncork();   // 200 ms have passed (tcp(7), TCP_CORK)

  int64_t corked_ms = 0;  // when the last bytes were corked
  bool accepted = false;
  bool broken = false;  // a fault of ours ended it
  // Behind what has arrived.
  bool saw_reset() const { return saw_reset_; }
  bool saw_end() const { return shut_ && unread() == 0 && !saw_reset_; }
  size_t unread() const { return flight_.size() + received_.size(); }
  size_t referenced() const { return flight_.referenced() + received_.referenced(); }
  size_t corked() const { return corked_; }
  bool released() const { return released_; }
  bool is_shut() const { return shut_; }
  const uint32_t peer_number;
  const Nearness nearness;

 private:
  void offer_room();
  bool has_room() const { return !crowded_ && room() > 0 && room() >= unread() / 2; }  // sk_stream_is_writeable
  void tell_peer_reset();
  void die();

  Bytes in_;
  const size_t send_max_;
  const size_t window_;
  Queue flight_;
  Queue received_;          // acknowledged, and not read
  size_t fresh_ = 0;        // appended and not pushed
  size_t corked_ = 0;       // the last bytes in flight, not on the wire yet
  bool held_ = false;
  int error_ = 0;           // sk_err
  bool finished_ = false;   // the peer's FIN is in
  bool shut_ = false;       // our FIN is out
  bool dead_ = false;       // TCP_CLOSE after a reset
  bool wants_room_ = false;  // SOCK_NOSPACE: without it no writable edge comes
  bool crowded_ = false;
  bool hard_ = false;
  bool released_ = false;
  bool peer_closed_ = false;
  bool saw_reset_ = false;  // by the peer
};

class Listener final : public Pollable {
 public:
  explicit Listener(size_t backlog_max) : Pollable(Kind::listener), backlog_max_(backlog_max) {}
  uint32_t readiness() override { return backlog.empty() ? 0u : EPOLLIN; }
  bool arrive(const std::shared_ptr<Socket>& socket);  // false: the backlog is full

  std::deque<std::shared_ptr<Socket>> backlog;

 private:
  const size_t backlog_max_;
};

}  // namespace pagecast::simulated
