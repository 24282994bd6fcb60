#include "tls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace pagecast {
namespace {

// With 22 bytes of record around it, it fits a segment of 1428 bytes (IPv6, timestamps) whole: a first paint waits for
// no second segment. Ten of them fill the initial window of RFC 6928.
constexpr size_t kFirstRecordBytes = 1400;
constexpr uint64_t kFirstBytes = 10 * kFirstRecordBytes;
constexpr size_t kRecordBytes = SSL3_RT_MAX_PLAIN_LENGTH;
// The congestion window of who has sent nothing for so long is closed again (RFC 5681 section 4.1).
constexpr int64_t kIdleMs = 1000;

}  // namespace

const BIO_METHOD* TlsSession::method() {
  static const BIO_METHOD* made = [] {
    BIO_METHOD* wire = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pagecast");
    BIO_meth_set_read(wire, wire_read);
    BIO_meth_set_write(wire, wire_write);
    BIO_meth_set_ctrl(wire, wire_control);
    return wire;
  }();
  return made;
}

std::unique_ptr<TlsSession> TlsSession::begin(std::shared_ptr<const TlsContext> context) {
  std::unique_ptr<TlsSession> session(new TlsSession(std::move(context)));
  session->ssl_ = session->context_->begin();
  BIO* wire = session->ssl_ == nullptr ? nullptr : BIO_new(method());
  if (wire == nullptr) return nullptr;
  BIO_set_data(wire, session.get());
  BIO_set_init(wire, 1);
  SSL_set_bio(session->ssl_, wire, wire);
  SSL_set_accept_state(session->ssl_);
  return session;
}

TlsSession::~TlsSession() { SSL_free(ssl_); }

int TlsSession::wire_read(BIO* bio, char* into, int length) {
  auto& session = *static_cast<TlsSession*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const size_t taken = std::min(session.input_left_, static_cast<size_t>(length));
  if (taken == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  std::memcpy(into, session.input_, taken);
  session.input_ += taken;
  session.input_left_ -= taken;
  return static_cast<int>(taken);
}

int TlsSession::wire_write(BIO* bio, const char* bytes, int length) {
  auto& session = *static_cast<TlsSession*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  // Of the vector's own type: elements that are converted are copied one by one.
  const auto* from = reinterpret_cast<const uint8_t*>(bytes);
  session.output_.insert(session.output_.end(), from, from + length);
  return length;
}

long TlsSession::wire_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

void TlsSession::give(const uint8_t* bytes, size_t length) {
  input_ = bytes;
  input_left_ = length;
  begun_ = begun_ || length > 0;
}

void TlsSession::keep() {
  if (input_left_ == 0) return kept_.clear();
  std::vector<uint8_t> rest(input_, input_ + input_left_);
  kept_ = std::move(rest);
  input_ = kept_.data();
}

TlsSession::Reading TlsSession::read(uint8_t* into, size_t length, size_t& taken) {
  if (failed_) return Reading::failed;
  ERR_clear_error();
  while (taken < length) {
    // OpenSSL would take a buffer of 17 KiB, find nothing, and give it back.
    if (input_left_ == 0 && SSL_pending(ssl_) == 0) return Reading::hungry;
    size_t n = 0;
    if (SSL_read_ex(ssl_, into + taken, length - taken, &n) == 1) {
      taken += n;
      continue;
    }
    const int error = SSL_get_error(ssl_, 0);
    if (error == SSL_ERROR_WANT_READ) return Reading::hungry;
    if (error == SSL_ERROR_ZERO_RETURN) return Reading::ended;
    ERR_clear_error();
    failed_ = true;
    return Reading::failed;
  }
  return Reading::more;
}

bool TlsSession::write(const uint8_t* bytes, size_t length) {
  ERR_clear_error();
  size_t written = 0;
  failed_ = failed_ || SSL_write_ex(ssl_, bytes, length, &written) != 1 || written != length;
  return !failed_;
}

void TlsSession::end() {
  if (std::exchange(ended_, true) || failed_ || !established()) return;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

void TlsSession::borrow(std::vector<uint8_t>& spare) {
  spare.assign(output(), output() + output_bytes());
  output_.swap(spare);
  output_sent_ = 0;
}

// What is left is copied: it is of no use to others, and the memory is.
void TlsSession::give_back(std::vector<uint8_t>& spare) {
  std::vector<uint8_t> rest(output(), output() + output_bytes());
  if (output_.capacity() > spare.capacity()) spare.swap(output_);
  output_ = std::move(rest);
  output_sent_ = 0;
}

size_t TlsSession::record_bytes(int64_t now_ms) {
  if (now_ms - written_ms_ > kIdleMs) written_ = 0;
  written_ms_ = now_ms;
  const size_t bytes = written_ < kFirstBytes ? kFirstRecordBytes : kRecordBytes;
  written_ += bytes;
  return bytes;
}

TlsFacts TlsSession::facts() const {
  TlsFacts facts;
  facts.protocol = SSL_get_version(ssl_);
  if (const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl_)) facts.cipher = SSL_CIPHER_get_name(cipher);
  if (const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name)) facts.server_name = name;
  const uint8_t* application = nullptr;
  unsigned application_bytes = 0;
  SSL_get0_alpn_selected(ssl_, &application, &application_bytes);
  if (application_bytes > 0) facts.application.assign(reinterpret_cast<const char*>(application), application_bytes);
  facts.resumed = resumed();
  X509* peer = SSL_get0_peer_certificate(ssl_);
  if (peer == nullptr) return facts;
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> text(BIO_new(BIO_s_mem()), BIO_free_all);
  if (!text || X509_NAME_print_ex(text.get(), X509_get_subject_name(peer), 0, XN_FLAG_RFC2253) < 0) return facts;
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(text.get(), &bytes);
  if (length > 0) facts.subject.assign(bytes, static_cast<size_t>(length));
  return facts;
}

}  // namespace pagecast
