#include "binding_tls.h"

#include <cerrno>
#include <utility>

#include "binding_arguments.h"
#include "binding_engine.h"

namespace pagecast {
namespace {

std::string bytes_of(const Napi::Value& value) {
  const auto bytes = value.As<Napi::Uint8Array>();
  return {reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength()};
}

std::vector<std::string> texts_of(const Napi::Value& value) {
  const auto list = value.As<Napi::Array>();
  std::vector<std::string> texts;
  for (uint32_t i = 0; i < list.Length(); ++i) texts.push_back(list.Get(i).As<Napi::String>());
  return texts;
}

TlsIdentity identity_of(const Napi::Object& given) {
  TlsIdentity identity{texts_of(given.Get("names")), {}};
  const auto certificates = given.Get("certificates").As<Napi::Array>();
  for (uint32_t i = 0; i < certificates.Length(); ++i) {
    const auto one = certificates.Get(i).As<Napi::Object>();
    identity.certificates.push_back({one.Get("chain").As<Napi::String>(), one.Get("key").As<Napi::String>(), bytes_of(one.Get("ocsp"))});
  }
  return identity;
}

TlsSettings settings_of(const Napi::Object& given) {
  TlsSettings settings;
  const auto identities = given.Get("identities").As<Napi::Array>();
  for (uint32_t i = 0; i < identities.Length(); ++i) settings.identities.push_back(identity_of(identities.Get(i).As<Napi::Object>()));
  settings.protocols = texts_of(given.Get("protocols"));
  settings.ciphers = given.Get("ciphers").As<Napi::String>();
  settings.only_tls13 = given.Get("onlyTls13").ToBoolean();
  settings.client_ca = given.Get("clientCa").As<Napi::String>();
  settings.client_certificate = static_cast<ClientCertificate>(given.Get("clientCertificate").As<Napi::Number>().Int32Value());
  settings.ticket_lifetime_s = static_cast<long>(given.Get("ticketLifetimeS").As<Napi::Number>().Int64Value());
  return settings;
}

Process& process_of(const Napi::CallbackInfo& info) { return *static_cast<Process*>(info.Data()); }

// { number, fault }: what OpenSSL does not take has no number.
Napi::Value open_context(const Napi::CallbackInfo& info) {
  Process& process = process_of(info);
  std::string fault;
  std::shared_ptr<const TlsContext> context = TlsContext::make(settings_of(info[0].As<Napi::Object>()), process.ticket_keys, fault);
  Napi::Object out = Napi::Object::New(info.Env());
  const int number = context ? process.tls_contexts.add(std::move(context)) : -1;
  out.Set("number", number);
  out.Set("fault", fault.empty() && number < 0 ? "there are too many contexts" : fault);
  return out;
}

// What is wrong with it, or an empty text: then connections that come from now on are shown this one.
Napi::Value replace_context(const Napi::CallbackInfo& info) {
  Process& process = process_of(info);
  std::string fault;
  std::shared_ptr<const TlsContext> context = TlsContext::make(settings_of(info[1].As<Napi::Object>()), process.ticket_keys, fault);
  if (context) process.tls_contexts.replace(unsigned_argument(info, 0), std::move(context));
  return Napi::String::New(info.Env(), fault);
}

void close_context(const Napi::CallbackInfo& info) { process_of(info).tls_contexts.replace(unsigned_argument(info, 0), nullptr); }

Napi::Value rotate_keys(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), process_of(info).ticket_keys.rotate()); }

}  // namespace

void define_tls(Napi::Env env, Napi::Object exports, Process& process) {
  exports.Set("openTlsContext", Napi::Function::New(env, open_context, "openTlsContext", &process));
  exports.Set("replaceTlsContext", Napi::Function::New(env, replace_context, "replaceTlsContext", &process));
  exports.Set("closeTlsContext", Napi::Function::New(env, close_context, "closeTlsContext", &process));
  exports.Set("rotateTicketKeys", Napi::Function::New(env, rotate_keys, "rotateTicketKeys", &process));
}

// Of the engine, here with what else is of TLS.
Napi::Value EngineObject::secure(const Napi::CallbackInfo& info) {
  const std::string bytes = info[3].IsTypedArray() ? bytes_of(info[3]) : "";
  const auto* come = reinterpret_cast<const uint8_t*>(bytes.data());
  const int result = engine_ ? engine_->secure(unsigned_argument(info, 0), unsigned_argument(info, 1), unsigned_argument(info, 2), come, bytes.size()) : -EBADF;
  return Napi::Number::New(info.Env(), result);
}

Napi::Value EngineObject::security(const Napi::CallbackInfo& info) {
  const Connection* connection = engine_ ? engine_->find(unsigned_argument(info, 0), unsigned_argument(info, 1)) : nullptr;
  if (connection == nullptr || !connection->tls || !connection->tls->established()) return info.Env().Undefined();
  const TlsFacts facts = connection->tls->facts();
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("protocol", facts.protocol);
  out.Set("cipher", facts.cipher);
  out.Set("serverName", facts.server_name);
  out.Set("application", facts.application);
  out.Set("subject", facts.subject);
  out.Set("resumed", facts.resumed);
  return out;
}

}  // namespace pagecast
