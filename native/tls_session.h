// One connection's TLS, between its socket and its plain bytes. Makes no system call: ciphertext that has come is given to
// it, ciphertext that is to go is taken from it.
//
//   socket -> give() -> read() -> rx            spans -> write() -> output -> socket
//
// Invariant: what write() has taken is in the output, as whole records; OpenSSL never waits for room.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tls_context.h"

namespace pagecast {

// What somebody may want to know of a connection.
struct TlsFacts {
  std::string protocol;     // `TLSv1.3`
  std::string cipher;
  std::string server_name;  // as the client has asked for it, or empty
  std::string application;  // ALPN, or empty
  std::string subject;      // of the client's certificate (RFC 2253), or empty
  bool resumed = false;
};

class TlsSession {
 public:
  enum class Reading { more, hungry, ended, failed };

  // Null: no memory.
  static std::unique_ptr<TlsSession> begin(std::shared_ptr<const TlsContext> context);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;

  // Ciphertext, valid until keep() was called.
  void give(const uint8_t* bytes, size_t length);
  // What of it was not read yet is copied.
  void keep();
  // Plain bytes; goes on with the handshake first. `taken` grows by what is in `into`. more: `into` is full; hungry: give();
  // ended: the peer has said that nothing follows (close_notify); failed: what is in the output tells the peer why.
  Reading read(uint8_t* into, size_t length, size_t& taken);

  // Encrypts all of it. False: it failed for good.
  bool write(const uint8_t* bytes, size_t length);
  // close_notify, once.
  void end();

  const uint8_t* output() const { return output_.data() + output_sent_; }
  size_t output_bytes() const { return output_.size() - output_sent_; }
  void sent(size_t length) { output_sent_ += length; }
  // All of it is sent.
  void clear_output() {
    output_.clear();
    output_sent_ = 0;
  }
  // While somebody writes, its output is built in `spare`, behind what there is, so that a connection that has nothing to send
  // owns no memory for it.
  void borrow(std::vector<uint8_t>& spare);
  void give_back(std::vector<uint8_t>& spare);

  bool established() const { return SSL_is_init_finished(ssl_) == 1; }
  // A byte of a record has come.
  bool begun() const { return begun_; }
  bool resumed() const { return SSL_session_reused(ssl_) == 1; }
  TlsFacts facts() const;

  // How much plain text the next record should have: such that it fits a segment while the peer's window opens, then all it may.
  size_t record_bytes(int64_t now_ms);

 private:
  explicit TlsSession(std::shared_ptr<const TlsContext> context) : context_(std::move(context)) {}

  static const BIO_METHOD* method();
  static int wire_read(BIO* bio, char* into, int length);
  static int wire_write(BIO* bio, const char* bytes, int length);
  static long wire_control(BIO* bio, int command, long, void*);

  const std::shared_ptr<const TlsContext> context_;  // what its callbacks look at
  SSL* ssl_ = nullptr;
  const uint8_t* input_ = nullptr;
  size_t input_left_ = 0;
  std::vector<uint8_t> kept_;  // input, for input_ to point into
  std::vector<uint8_t> output_;
  size_t output_sent_ = 0;
  uint64_t written_ = 0;       // plain bytes since the connection was last idle
  int64_t written_ms_ = 0;
  bool begun_ = false;
  bool ended_ = false;
  bool failed_ = false;  // OpenSSL must not be asked for anything more
};

}  // namespace pagecast
