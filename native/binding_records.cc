// EngineObject: paths, records and what is in them.
#include <cerrno>
#include <cstring>

#include "binding_arguments.h"
#include "binding_engine.h"

namespace pagecast {

Napi::Value EngineObject::open_root(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), engine_ ? engine_->open_root(bytes_argument(info, 0).c_str()) : -EBADF);
}

void EngineObject::close_root(const Napi::CallbackInfo& info) {
  if (engine_) engine_->close_root(info[0].As<Napi::Number>().Int32Value());
}

Napi::Value EngineObject::check(const Napi::CallbackInfo& info) {
  if (!engine_) return Napi::Number::New(info.Env(), kCheck_UNKNOWN);
  const std::string path = bytes_argument(info, 1);
  const int result = engine_->check(info[0].As<Napi::Number>().Int32Value(), path.c_str(), info[2].As<Napi::Number>().Int64Value(),
                                    static_cast<Symlinks>(info[3].As<Napi::Number>().Int32Value()), info[4].ToBoolean());
  return Napi::Number::New(info.Env(), result);
}

Napi::Value EngineObject::open(const Napi::CallbackInfo& info) {
  LoadLimits limits;
  limits.hash_bytes_max = size_argument(info, 4);
  limits.arena_bytes_max = size_argument(info, 5);
  limits.protect = info[6].As<Napi::Number>().Int32Value();
  limits.accept = info[7].As<Napi::Number>().Int32Value();
  const bool taken = engine_ && engine_->open(unsigned_argument(info, 0), bytes_argument(info, 1), bytes_argument(info, 2),
                                              static_cast<Symlinks>(info[3].As<Napi::Number>().Int32Value()), limits);
  return Napi::Boolean::New(info.Env(), taken);
}

// A body of the store on disk, whose name in its folder begins with its first two digits.
Napi::Value EngineObject::open_stored(const Napi::CallbackInfo& info) {
  LoadLimits limits;
  const std::string id = bytes_argument(info, 2);
  limits.stored = {id, size_argument(info, 3)};
  limits.hash_bytes_max = size_argument(info, 4);
  limits.arena_bytes_max = size_argument(info, 5);
  limits.protect = info[6].As<Napi::Number>().Int32Value();
  limits.accept = kAccept_WHOLE;
  const bool taken = engine_ && engine_->open(unsigned_argument(info, 0), bytes_argument(info, 1), id.substr(0, 2) + "/" + id, Symlinks::none, limits);
  return Napi::Boolean::New(info.Env(), taken);
}

void EngineObject::retain(const Napi::CallbackInfo& info) {
  if (engine_) engine_->retain(unsigned_argument(info, 0));
}

Napi::Value EngineObject::copy(const Napi::CallbackInfo& info) {
  auto into = info[2].As<Napi::Uint8Array>();
  return Napi::Number::New(info.Env(), engine_ ? static_cast<double>(engine_->copy(unsigned_argument(info, 0), size_argument(info, 1), into.Data(), into.ByteLength())) : -EBADF);
}

void EngineObject::release(const Napi::CallbackInfo& info) {
  if (engine_) engine_->release(unsigned_argument(info, 0));
}

// Fills facts (float64) and digest (32 bytes) of a record that the caller holds a reference to.
void EngineObject::describe(const Napi::CallbackInfo& info) {
  const File* file = process_.files.at(unsigned_argument(info, 0));
  auto facts = info[1].As<Napi::Float64Array>();
  const auto set = [&](int index, double value) { facts[static_cast<size_t>(index)] = value; };
  const Identity& identity = file->identity;
  set(kFact_SIZE, static_cast<double>(identity.size));
  set(kFact_MODIFIED_S, static_cast<double>(identity.modified_ns / 1'000'000'000));
  set(kFact_MODIFIED_NS, static_cast<double>(identity.modified_ns % 1'000'000'000));
  set(kFact_CHANGED_S, static_cast<double>(identity.changed_ns / 1'000'000'000));
  set(kFact_CHANGED_NS, static_cast<double>(identity.changed_ns % 1'000'000'000));
  set(kFact_HASHED, file->hashed);
  set(kFact_IN_ARENA, file->resident.bytes.load() != nullptr);
  set(kFact_SETTLING, file->settling);
  set(kFact_INODE, static_cast<double>(identity.inode));
  set(kFact_PROTECTION, file->private_fd >= 0 && file->protection == kProtection_LEASE ? kProtection_SEALED : file->protection);
  set(kFact_CAUSE, file->cause);
  set(kFact_PRIVATE, is_sealed(*file));
  std::memcpy(info[2].As<Napi::Uint8Array>().Data(), file->digest.data(), file->digest.size());
}

Napi::Value EngineObject::read(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), engine_ && engine_->read(unsigned_argument(info, 0), unsigned_argument(info, 1)));
}

Napi::Value EngineObject::list(const Napi::CallbackInfo& info) {
  const bool taken = engine_ && engine_->list(unsigned_argument(info, 0), bytes_argument(info, 1), bytes_argument(info, 2),
                                              static_cast<Symlinks>(info[3].As<Napi::Number>().Int32Value()), info[4].ToBoolean(), unsigned_argument(info, 5));
  return Napi::Boolean::New(info.Env(), taken);
}

Napi::Value EngineObject::keep(const Napi::CallbackInfo& info) {
  const auto bytes = info[2].As<Napi::Uint8Array>();
  const bool taken = engine_ && engine_->keep(unsigned_argument(info, 0), bytes_argument(info, 1), {bytes.Data(), bytes.Data() + bytes.ByteLength()}, size_argument(info, 3));
  return Napi::Boolean::New(info.Env(), taken);
}

Napi::Value EngineObject::begin(const Napi::CallbackInfo& info) {
  const int fd = info[1].IsNumber() ? info[1].As<Napi::Number>().Int32Value() : -1;
  return Napi::Number::New(info.Env(), engine_ ? engine_->begin(bytes_argument(info, 0), fd) : -EBADF);
}

Napi::Value EngineObject::append(const Napi::CallbackInfo& info) {
  const auto bytes = info[1].As<Napi::Uint8Array>();
  return Napi::Number::New(info.Env(), engine_ ? engine_->append(unsigned_argument(info, 0), bytes.Data(), bytes.ByteLength()) : -EBADF);
}

void EngineObject::rise(const Napi::CallbackInfo& info) {
  if (engine_) engine_->rise(unsigned_argument(info, 0), size_argument(info, 1));
}

void EngineObject::end(const Napi::CallbackInfo& info) {
  if (engine_) engine_->end(unsigned_argument(info, 0), info[1].ToBoolean());
}

Napi::Value EngineObject::settle(const Napi::CallbackInfo& info) {
  const bool taken = engine_ && engine_->settle_body(unsigned_argument(info, 0), unsigned_argument(info, 1), bytes_argument(info, 2), size_argument(info, 3));
  return Napi::Boolean::New(info.Env(), taken);
}

Napi::Value EngineObject::take(const Napi::CallbackInfo& info) {
  const std::vector<uint8_t> bytes = engine_ ? engine_->take(unsigned_argument(info, 0)) : std::vector<uint8_t>();
  return Napi::Buffer<uint8_t>::Copy(info.Env(), bytes.data(), bytes.size());
}

}  // namespace pagecast
