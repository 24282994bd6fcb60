// What a listener shows of itself by TLS: certificates by name, versions, what it asks of clients. Made once of what
// TypeScript has read and checked; sessions keep the one that they began with, so a reload changes nothing under them.
//
//   ClientHello -> server name -> identity (exact, then *.parent, else the first) -> its certificates
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "ticket_keys.h"

namespace pagecast {

struct TlsCertificate {
  std::string chain;  // PEM, the server's own first
  std::string key;    // PEM, not encrypted
  std::string ocsp;   // DER of an OCSPResponse (RFC 6960) to be stapled; empty: none
};

// Certificates of the same names; several where their keys are of several kinds.
struct TlsIdentity {
  std::vector<std::string> names;  // lower case, `*.example.com` among them
  std::vector<TlsCertificate> certificates;
};

enum class ClientCertificate : int { none, optional, required };

struct TlsSettings {
  std::vector<TlsIdentity> identities;  // the first is for names that no one has
  std::vector<std::string> protocols;   // ALPN (RFC 7301), most wanted first
  std::string ciphers;                  // of TLS 1.2, as SSL_CTX_set_cipher_list(3) takes them; empty: those of kCiphers
  bool only_tls13 = false;
  std::string client_ca;                // PEM
  ClientCertificate client_certificate = ClientCertificate::none;
  long ticket_lifetime_s = 0;           // 0: no tickets
};

class TlsContext {
 public:
  // Null, and why, where OpenSSL does not take it.
  static std::shared_ptr<const TlsContext> make(const TlsSettings& settings, const TicketKeys& keys, std::string& fault);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;

  // A server's end of a connection, or null.
  SSL* begin() const { return SSL_new(identities_.front().context); }

 private:
  struct Stapled {
    X509* certificate;  // its SSL_CTX has it
    std::string ocsp;
  };
  struct Identity {
    SSL_CTX* context;
    std::vector<Stapled> stapled;
  };

  TlsContext(const TicketKeys& keys) : keys_(keys) {}
  bool add(const TlsIdentity& identity, const TlsSettings& settings, std::string& fault);
  bool add(Identity& identity, const TlsCertificate& certificate, std::string& fault);
  bool ask_clients(SSL_CTX* context, const TlsSettings& settings, std::string& fault);
  const Identity* find(const char* name) const;

  static const TlsContext& of(SSL* ssl);
  static int name_chosen(SSL* ssl, int* alert, void* argument);
  static int protocol_chosen(SSL* ssl, const uint8_t** out, uint8_t* length, const uint8_t* offered, unsigned offered_length, void* argument);
  static int status_asked(SSL* ssl, void* argument);
  static int ticket_begun(SSL* ssl, uint8_t* name, uint8_t* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int encrypts);

  const TicketKeys& keys_;
  std::string protocols_;  // as they stand in the extension
  std::vector<Identity> identities_;
  std::unordered_map<std::string, size_t> by_name_;
};

// The contexts of a process by number; what stands under a number may become another.
class TlsContexts {
 public:
  static constexpr size_t kContextsMax = 256;

  // Its number, or -ENFILE.
  int add(std::shared_ptr<const TlsContext> context);
  void replace(size_t number, std::shared_ptr<const TlsContext> context) { contexts_[number].store(std::move(context)); }
  // Null: there is none of this number (any more).
  std::shared_ptr<const TlsContext> at(size_t number) const { return number < kContextsMax ? contexts_[number].load() : nullptr; }

 private:
  std::array<std::atomic<std::shared_ptr<const TlsContext>>, kContextsMax> contexts_;
};

}  // namespace pagecast
