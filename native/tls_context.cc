#include "tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>

namespace pagecast {
namespace {

// With forward secrecy and authenticated encryption; whoever speaks TLS 1.2 at all has one of them.
constexpr char kCiphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
// RFC 6066 section 3 and RFC 1035: longer is no name.
constexpr size_t kNameBytesMax = 255;

using Memory = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Memory memory_of(const std::string& text) { return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free_all}; }

// A key that is encrypted is refused: OpenSSL would ask the terminal for its password.
int no_password(char*, int, int, void*) { return -1; }

std::string reason(const char* what) {
  char text[256] = "";
  ERR_error_string_n(ERR_peek_error(), text, sizeof text);
  ERR_clear_error();
  return std::string(what) + ": " + text;
}

Certificate next_certificate(BIO* from) { return {PEM_read_bio_X509(from, nullptr, no_password, nullptr), X509_free}; }

}  // namespace

std::shared_ptr<const TlsContext> TlsContext::make(const TlsSettings& settings, const TicketKeys& keys, std::string& fault) {
  ERR_clear_error();
  std::shared_ptr<TlsContext> made(new TlsContext(keys));
  for (const std::string& protocol : settings.protocols) made->protocols_ += static_cast<char>(protocol.size()) + protocol;
  for (const TlsIdentity& identity : settings.identities) {
    if (!made->add(identity, settings, fault)) return nullptr;
  }
  return made;
}

TlsContext::~TlsContext() {
  for (const Identity& identity : identities_) SSL_CTX_free(identity.context);
}

bool TlsContext::add(const TlsIdentity& wanted, const TlsSettings& settings, std::string& fault) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr) return fault = reason("no context"), false;
  identities_.push_back({context, {}});
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_min_proto_version(context, settings.only_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | (settings.ticket_lifetime_s == 0 ? SSL_OP_NO_TICKET : 0));
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context, settings.ticket_lifetime_s);
  // One for each connection, as a client that comes back needs: each costs 16 us, of 220 for all of a handshake.
  SSL_CTX_set_num_tickets(context, settings.ticket_lifetime_s == 0 ? 0 : 1);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket_begun);
  SSL_CTX_set_tlsext_servername_callback(context, name_chosen);
  SSL_CTX_set_alpn_select_cb(context, protocol_chosen, nullptr);
  SSL_CTX_set_tlsext_status_cb(context, status_asked);
  const std::string& ciphers = settings.ciphers;
  if (SSL_CTX_set_cipher_list(context, ciphers.empty() ? kCiphers : ciphers.c_str()) != 1) return fault = reason("ciphers"), false;
  if (!ask_clients(context, settings, fault)) return false;
  for (const TlsCertificate& certificate : wanted.certificates) {
    if (!add(identities_.back(), certificate, fault)) return false;
  }
  for (const std::string& name : wanted.names) by_name_.try_emplace(name, identities_.size() - 1);
  return true;
}

bool TlsContext::add(Identity& identity, const TlsCertificate& given, std::string& fault) {
  const Memory chain = memory_of(given.chain);
  const Memory key = memory_of(given.key);
  const Certificate own = next_certificate(chain.get());
  if (!own || SSL_CTX_use_certificate(identity.context, own.get()) != 1) return fault = reason("certificate"), false;
  while (const Certificate above = next_certificate(chain.get())) {
    if (SSL_CTX_add1_chain_cert(identity.context, above.get()) != 1) return fault = reason("chain"), false;
  }
  ERR_clear_error();  // of the end of the file
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> secret(PEM_read_bio_PrivateKey(key.get(), nullptr, no_password, nullptr), EVP_PKEY_free);
  if (!secret || SSL_CTX_use_PrivateKey(identity.context, secret.get()) != 1) return fault = reason("private key"), false;
  if (!given.ocsp.empty()) identity.stapled.push_back({own.get(), given.ocsp});
  return true;
}

bool TlsContext::ask_clients(SSL_CTX* context, const TlsSettings& settings, std::string& fault) {
  // A session that began under other demands is no session here: its ticket says which they were.
  uint8_t demands[SHA256_DIGEST_LENGTH];
  const std::string text = std::to_string(static_cast<int>(settings.client_certificate)) + settings.client_ca;
  SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(), demands);
  if (SSL_CTX_set_session_id_context(context, demands, sizeof demands) != 1) return fault = reason("session"), false;
  if (settings.client_certificate == ClientCertificate::none) return true;
  const Memory from = memory_of(settings.client_ca);
  int found = 0;
  while (const Certificate authority = next_certificate(from.get())) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1 || SSL_CTX_add_client_CA(context, authority.get()) != 1) {
      return fault = reason("client CA"), false;
    }
    ++found;
  }
  ERR_clear_error();
  if (found == 0) return fault = "client CA: no certificate is in it", false;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (settings.client_certificate == ClientCertificate::required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  return true;
}

const TlsContext& TlsContext::of(SSL* ssl) { return *static_cast<const TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl))); }

const TlsContext::Identity* TlsContext::find(const char* name) const {
  std::string wanted(name, strnlen(name, kNameBytesMax + 1));
  if (wanted.empty() || wanted.size() > kNameBytesMax) return nullptr;
  std::transform(wanted.begin(), wanted.end(), wanted.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; });
  if (wanted.back() == '.') wanted.pop_back();
  auto found = by_name_.find(wanted);
  // RFC 6125 section 6.4.3: a wildcard is for one label.
  const size_t dot = wanted.find('.');
  if (found == by_name_.end() && dot != std::string::npos) found = by_name_.find("*" + wanted.substr(dot));
  return found == by_name_.end() ? nullptr : &identities_[found->second];
}

int TlsContext::name_chosen(SSL* ssl, int*, void*) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const Identity* identity = name == nullptr ? nullptr : of(ssl).find(name);
  if (identity == nullptr) return SSL_TLSEXT_ERR_NOACK;  // the first stays
  return SSL_set_SSL_CTX(ssl, identity->context) == nullptr ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_OK;
}

// RFC 7301 section 3.2: no protocol in common is no_application_protocol.
int TlsContext::protocol_chosen(SSL* ssl, const uint8_t** out, uint8_t* length, const uint8_t* offered, unsigned offered_length, void*) {
  const std::string& ours = of(ssl).protocols_;
  uint8_t* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, length, reinterpret_cast<const uint8_t*>(ours.data()), static_cast<unsigned>(ours.size()), offered, offered_length);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int TlsContext::status_asked(SSL* ssl, void*) {
  const SSL_CTX* context = SSL_get_SSL_CTX(ssl);
  for (const Identity& identity : of(ssl).identities_) {
    if (identity.context != context) continue;
    for (const Stapled& one : identity.stapled) {
      if (one.certificate != SSL_get_certificate(ssl)) continue;
      void* copy = OPENSSL_memdup(one.ocsp.data(), one.ocsp.size());
      if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
      SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(one.ocsp.size()));  // which frees it
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_NOACK;
}

int TlsContext::ticket_begun(SSL* ssl, uint8_t* name, uint8_t* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int encrypts) {
  return of(ssl).keys_.begin(ssl, name, iv, cipher, mac, encrypts == 1);
}

int TlsContexts::add(std::shared_ptr<const TlsContext> context) {
  for (size_t i = 0; i < kContextsMax; ++i) {
    std::shared_ptr<const TlsContext> nobody;
    if (contexts_[i].compare_exchange_strong(nobody, context)) return static_cast<int>(i);
  }
  return -ENFILE;
}

}  // namespace pagecast
