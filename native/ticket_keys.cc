#include "ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>

namespace pagecast {
namespace {

constexpr size_t kKeysMax = 3;

bool authenticate_with(EVP_MAC_CTX* mac, const std::array<uint8_t, 32>& key) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<uint8_t*>(key.data()), key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end(),
  };
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

}  // namespace

bool TicketKeys::rotate() {
  Key key;
  const bool random = RAND_bytes(key.name.data(), static_cast<int>(key.name.size())) == 1 &&
                      RAND_priv_bytes(key.encryption.data(), static_cast<int>(key.encryption.size())) == 1 &&
                      RAND_priv_bytes(key.authentication.data(), static_cast<int>(key.authentication.size())) == 1;
  if (!random) return false;
  auto next = std::make_shared<Keys>();
  next->push_back(key);
  if (const std::shared_ptr<const Keys> before = keys_.load()) {
    next->insert(next->end(), before->begin(), before->begin() + static_cast<ptrdiff_t>(std::min(before->size(), kKeysMax - 1)));
  }
  keys_.store(std::move(next));
  return true;
}

int TicketKeys::begin(SSL* ssl, uint8_t* name, uint8_t* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, bool encrypts) const {
  const std::shared_ptr<const Keys> keys = keys_.load();
  if (!keys) return -1;
  if (encrypts) {
    const Key& newest = keys->front();
    std::memcpy(name, newest.name.data(), newest.name.size());
    const bool begun = RAND_bytes(iv, EVP_MAX_IV_LENGTH) == 1 &&
                       EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, newest.encryption.data(), iv) == 1 && authenticate_with(mac, newest.authentication);
    return begun ? 1 : -1;
  }
  const auto key = std::find_if(keys->begin(), keys->end(), [name](const Key& one) { return std::memcmp(name, one.name.data(), one.name.size()) == 0; });
  if (key == keys->end()) return 0;
  if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->encryption.data(), iv) != 1 || !authenticate_with(mac, key->authentication)) return -1;
  // RFC 8446 appendix C.4: a client uses a ticket once, so it needs another one.
  return key != keys->begin() || SSL_version(ssl) >= TLS1_3_VERSION ? 2 : 1;
}

}  // namespace pagecast
