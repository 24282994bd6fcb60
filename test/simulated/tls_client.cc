#include "tls_client.h"

#include <openssl/err.h>

#include <string>
#include <vector>

namespace pagecast::simulated {
namespace {

constexpr size_t kReadBytes = 16u << 10;

}  // namespace

Napi::Function TlsClientObject::define(Napi::Env env) {
  return DefineClass(env, "TlsClient",
                     {
                         InstanceMethod<&TlsClientObject::give>("give"),
                         InstanceMethod<&TlsClientObject::take>("take"),
                         InstanceMethod<&TlsClientObject::write>("write"),
                         InstanceMethod<&TlsClientObject::read>("read"),
                         InstanceMethod<&TlsClientObject::finish>("finish"),
                         InstanceMethod<&TlsClientObject::established>("established"),
                         InstanceMethod<&TlsClientObject::ended>("ended"),
                         InstanceMethod<&TlsClientObject::fault>("fault"),
                     });
}

// new TlsClient(versionMax): 2 or 3, of TLS 1. Whom it speaks to is not asked.
TlsClientObject::TlsClientObject(const Info& info)
    : Napi::ObjectWrap<TlsClientObject>(info), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free), ssl_(nullptr, SSL_free) {
  SSL_CTX_set_max_proto_version(context_.get(), info[0].As<Napi::Number>().Int32Value() == 2 ? TLS1_2_VERSION : TLS1_3_VERSION);
  ssl_.reset(SSL_new(context_.get()));
  received_ = BIO_new(BIO_s_mem());
  unsent_ = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl_.get(), received_, unsent_);
  SSL_set_connect_state(ssl_.get());
  SSL_do_handshake(ssl_.get());  // the first flight
  ERR_clear_error();
}

void TlsClientObject::give(const Info& info) {
  const auto bytes = info[0].As<Napi::Uint8Array>();
  BIO_write(received_, bytes.Data(), static_cast<int>(bytes.ByteLength()));
}

Napi::Value TlsClientObject::take(const Info& info) {
  auto taken = Napi::Buffer<uint8_t>::New(info.Env(), BIO_ctrl_pending(unsent_));
  if (taken.Length() > 0) BIO_read(unsent_, taken.Data(), static_cast<int>(taken.Length()));
  return taken;
}

void TlsClientObject::write(const Info& info) {
  const auto bytes = info[0].As<Napi::Uint8Array>();
  ERR_clear_error();
  size_t written = 0;
  if (SSL_write_ex(ssl_.get(), bytes.Data(), bytes.ByteLength(), &written) != 1) fault_ = "it could not be encrypted";
}

Napi::Value TlsClientObject::read(const Info& info) {
  std::vector<uint8_t> plain;
  for (bool more = fault_.empty(); more;) {
    plain.resize(plain.size() + kReadBytes);
    size_t taken = 0;
    ERR_clear_error();
    more = SSL_read_ex(ssl_.get(), plain.data() + plain.size() - kReadBytes, kReadBytes, &taken) == 1;
    plain.resize(plain.size() - kReadBytes + taken);
    const int error = more ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), 0);
    if (error == SSL_ERROR_NONE || error == SSL_ERROR_WANT_READ || error == SSL_ERROR_ZERO_RETURN) continue;
    char text[256] = "";
    ERR_error_string_n(ERR_peek_error(), text, sizeof text);
    fault_ = text;
  }
  ERR_clear_error();
  return Napi::Buffer<uint8_t>::Copy(info.Env(), plain.data(), plain.size());
}

}  // namespace pagecast::simulated
