// Engine: connections that speak TLS. Handshakes and records are read here, in the burst; answers leave by encrypting.h.
//
//   secure() -> ciphertext -> handshake -> RECEIVED, as from any other
//                          \-> no TLS at all: PLAINTEXT, and the connection is a plain one
//                          \-> no handshake: alert, lingering close
#include "engine.h"

#include <cerrno>

#include "encrypting.h"

namespace pagecast {
namespace {

// A signature takes as long as a hundred answers: connections that are established have their turn in between.
constexpr int kHandshakeStepsMax = 16;
// Of records, framing and all.
constexpr size_t kWireBytes = kReceiveBytes + 1024;
// A peer that takes nothing is not read on, once so much is to be said of TLS itself.
constexpr size_t kOutputBytesMax = 256u << 10;
constexpr uint8_t kHandshakeRecord = 22;

}  // namespace

int Engine::secure(uint32_t slot, uint32_t generation, uint32_t number, const uint8_t* bytes, size_t length) {
  Connection* connection = live(slot, generation);
  if (connection == nullptr || connection->tls || connection->lingering) return -EBADF;
  std::shared_ptr<const TlsContext> context = process_.tls_contexts.at(number);
  if (!context) return -ENOENT;
  std::unique_ptr<TlsSession> session = TlsSession::begin(std::move(context));
  if (!session) return -ENOMEM;
  connection->tls = std::move(session);
  if (length == 0 || refuses_plaintext(slot, bytes, length)) return 0;
  connection->tls->give(bytes, length);
  connection->tls->keep();
  connection->readable = true;
  make_ready(slot);
  publish_status();
  return 0;
}

// The first byte of a handshake is no letter, and that of a request is one (RFC 9110 section 9.1). What comes is read on
// as what it is, and TypeScript says what it answers.
bool Engine::refuses_plaintext(uint32_t slot, const uint8_t* bytes, size_t length) {
  Connection& connection = connections_[slot];
  const uint8_t letter = length == 0 ? 0 : bytes[0] | 0x20;
  if (connection.tls->begun() || letter < 'a' || letter > 'z' || bytes[0] == kHandshakeRecord) return false;
  connection.tls.reset();
  areas_.counters[kCounter_plaintextRefused] += 1;
  deferred_.push_back({kEvent_PLAINTEXT, static_cast<int32_t>(slot), static_cast<int32_t>(connection.generation), 0, 0, 0});
  publish_status();
  return true;
}

void Engine::read_secure(uint32_t slot) {
  Connection& connection = connections_[slot];
  const bool shaking = !connection.tls->established();
  if (!room() || (shaking && handshake_steps_++ >= kHandshakeStepsMax)) return make_ready(slot);
  if (connection.tls->output_bytes() > kOutputBytesMax) return;  // send_secure_output() comes back to it
  size_t taken = 0;
  const TlsSession::Reading reading = decrypt(slot, taken);
  if (connection.fd < 0 || !connection.tls) return;
  TlsSession& tls = *connection.tls;
  if (shaking && tls.established()) {
    areas_.counters[kCounter_handshakes] += 1;
    if (tls.resumed()) areas_.counters[kCounter_handshakesResumed] += 1;
  }
  // What comes with a request (tickets, as a rule) leaves with its answer, in one packet.
  const bool answered = taken > 0 && reading != TlsSession::Reading::failed && tls.output_bytes() <= kHeldBytesMax;
  if (!connection.pending && !answered) {
    SendContext to = context();
    const Advance outcome = send_output(to, connection, areas_.progress[slot]);
    if (outcome.progress == Progress::blocked) connection.writable = false;
    if (outcome.progress == Progress::failed) connection.hung_up = connection.readable = true;  // receive(2) will say the same
  }
  tls.give_back(spare_output());
  const auto generation = static_cast<int32_t>(connection.generation);
  if (taken > 0) {
    event(kEvent_RECEIVED, static_cast<int32_t>(slot), generation, static_cast<int32_t>(rx_used_), static_cast<int32_t>(taken));
    rx_used_ += taken;
  }
  if (reading == TlsSession::Reading::ended && !connection.ended) {
    connection.ended = true;
    event(kEvent_INPUT_ENDED, static_cast<int32_t>(slot), generation);
  } else if (reading == TlsSession::Reading::failed) {
    refuse_handshake(slot);
  } else if (connection.readable) {
    make_ready(slot);
  }
}

// What is there already, then what one receive(2) brings.
TlsSession::Reading Engine::decrypt(uint32_t slot, size_t& taken) {
  Connection& connection = connections_[slot];
  TlsSession& tls = *connection.tls;
  uint8_t* into = areas_.rx + rx_used_;
  TlsSession::Reading reading = tls.read(into, kReceiveBytes, taken);
  if (reading == TlsSession::Reading::hungry) {
    if (wire_.empty()) wire_.resize(kWireBytes);
    areas_.counters[kCounter_receiveCalls] += 1;
    const ssize_t n = kernel_.receive(connection.fd, wire_.data(), wire_.size());
    if (n > 0) {
      areas_.counters[kCounter_bytesReceived] += static_cast<double>(n);
      connection.readable = static_cast<size_t>(n) == wire_.size() || connection.hung_up;
      if (refuses_plaintext(slot, wire_.data(), static_cast<size_t>(n))) {
        if (connection.readable) make_ready(slot);
        return reading;
      }
      tls.give(wire_.data(), static_cast<size_t>(n));
      reading = tls.read(into, kReceiveBytes, taken);
    } else if (n == 0) {
      connection.readable = false;
      reading = TlsSession::Reading::ended;
      if (!tls.established()) {
        areas_.counters[kCounter_handshakesFailed] += 1;
        close_slot(slot, kReason_NO_HANDSHAKE, false);
        return reading;
      }
    } else if (n == -EAGAIN) {
      connection.readable = connection.hung_up = false;
    } else if (n != -EINTR) {
      close_slot(slot, static_cast<int32_t>(-n), false);
      return reading;
    }
  }
  tls.keep();
  if (reading == TlsSession::Reading::more) connection.readable = true;  // there may be more, where no edge will tell of it
  return reading;
}

// What came is no TLS, or none that we take: the peer has been told why, if its socket took it.
void Engine::refuse_handshake(uint32_t slot) {
  Connection& connection = connections_[slot];
  if (connection.tls->established()) return close_slot(slot, EPROTO, false);
  areas_.counters[kCounter_handshakesFailed] += 1;
  connection.tls.reset();
  // A reset would take the alert from the peer; the time for the first head bounds how long it is waited for.
  kernel_.shutdown_send(connection.fd);
  connection.lingering = connection.readable = true;
  make_ready(slot);
}

// What OpenSSL has to say while no answer is under way.
void Engine::send_secure_output(uint32_t slot) {
  Connection& connection = connections_[slot];
  if (connection.tls->output_bytes() == 0) return;
  SendContext to = context();
  const Advance outcome = send_output(to, connection, areas_.progress[slot]);
  if (outcome.progress == Progress::blocked) connection.writable = false;
  if (outcome.progress == Progress::failed) close_slot(slot, -outcome.error, false);
}

// A connection closes in good order: nothing follows, and nobody has cut it off.
void Engine::part(Connection& connection) {
  TlsSession& tls = *connection.tls;
  if (!tls.established() || (tls.output_bytes() > 0 && !connection.writable)) return;
  tls.end();
  double sent = 0;
  SendContext to = context();
  send_output(to, connection, sent);
}

}  // namespace pagecast
