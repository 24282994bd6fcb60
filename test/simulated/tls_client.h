// The client's end of TLS, as one driver uses it: bytes in, bytes out, and nothing in between but OpenSSL. Makes no system call.
#pragma once

#include <napi.h>
#include <openssl/ssl.h>

#include <memory>

namespace pagecast::simulated {

class TlsClientObject final : public Napi::ObjectWrap<TlsClientObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit TlsClientObject(const Napi::CallbackInfo& info);

 private:
  using Info = Napi::CallbackInfo;

  // Ciphertext that has come.
  void give(const Info& info);
  // Ciphertext that is to go, all of it.
  Napi::Value take(const Info& info);
  // Plain bytes, once the handshake is over.
  void write(const Info& info);
  // All that can be read; goes on with the handshake first.
  Napi::Value read(const Info& info);
  // close_notify.
  void finish(const Info&) { SSL_shutdown(ssl_.get()); }
  Napi::Value established(const Info& info) { return Napi::Boolean::New(info.Env(), SSL_is_init_finished(ssl_.get()) == 1); }
  // The server has said that nothing follows.
  Napi::Value ended(const Info& info) { return Napi::Boolean::New(info.Env(), (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0); }
  // What is wrong with what has come, or an empty text.
  Napi::Value fault(const Info& info) { return Napi::String::New(info.Env(), fault_); }

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  BIO* received_;  // the SSL's
  BIO* unsent_;    // the SSL's
  std::string fault_;
};

}  // namespace pagecast::simulated
