// The keys of session tickets (RFC 5077, RFC 8446 section 4.6.1), of the process: a session that began on one worker goes
// on on any other. Tickets are made with the newest key; those of the two before it are still taken.
//
// Invariant: a set of keys never changes; another one takes its place.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace pagecast {

class TicketKeys {
 public:
  TicketKeys() { rotate(); }

  // A new key; the oldest goes when there are three. False: there is no randomness, and nothing has changed.
  bool rotate();

  // As SSL_CTX_set_tlsext_ticket_key_evp_cb(3) wants it: 1, 2 with a new ticket to be made, 0 the key is not known, -1.
  int begin(SSL* ssl, uint8_t* name, uint8_t* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, bool encrypts) const;

 private:
  struct Key {
    std::array<uint8_t, 16> name;
    std::array<uint8_t, 32> encryption;  // AES-256-CBC
    std::array<uint8_t, 32> authentication;  // HMAC-SHA-256
  };
  using Keys = std::vector<Key>;  // newest first

  std::atomic<std::shared_ptr<const Keys>> keys_;
};

}  // namespace pagecast
