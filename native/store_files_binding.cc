#include "store_files_binding.h"

#include <functional>
#include <string>
#include <utility>

#include "store_files.h"

namespace pagecast {
namespace {

// In libuv's pool: a full journal makes linkat(2) and fallocate(2) wait.
class FileWorker final : public Napi::AsyncWorker {
 public:
  FileWorker(Napi::Env env, std::function<int()> work) : Napi::AsyncWorker(env), work_(std::move(work)), done_(Napi::Promise::Deferred::New(env)) {}
  Napi::Promise promise() const { return done_.Promise(); }

 protected:
  void Execute() override { result_ = work_(); }
  void OnOK() override { done_.Resolve(Napi::Number::New(Env(), result_)); }

 private:
  const std::function<int()> work_;
  const Napi::Promise::Deferred done_;
  int result_ = 0;
};

Napi::Value in_pool(const Napi::CallbackInfo& info, std::function<int()> work) {
  // AsyncWorker deletes itself when it is done.
  auto* worker = new FileWorker(info.Env(), std::move(work));
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

Napi::Value link_unnamed_binding(const Napi::CallbackInfo& info) {
  const int fd = info[0].As<Napi::Number>().Int32Value();
  const std::string path = info[1].As<Napi::String>().Utf8Value();
  return in_pool(info, [fd, path] { return link_unnamed(fd, path); });
}

Napi::Value reserve_room_binding(const Napi::CallbackInfo& info) {
  const int fd = info[0].As<Napi::Number>().Int32Value();
  const int64_t bytes = info[1].As<Napi::Number>().Int64Value();
  return in_pool(info, [fd, bytes] { return reserve_room(fd, bytes); });
}

Napi::Value open_to_read_binding(const Napi::CallbackInfo& info) {
  const std::string path = info[0].As<Napi::String>().Utf8Value();
  return in_pool(info, [path] { return open_to_read(path); });
}

Napi::Value lock_file_binding(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), lock_file(info[0].As<Napi::Number>().Int32Value()));
}

}  // namespace

void define_store_files(Napi::Env env, Napi::Object exports) {
  exports.Set("unnamedFileFlags", Napi::Number::New(env, unnamed_file_flags()));
  exports.Set("linkUnnamed", Napi::Function::New<link_unnamed_binding>(env, "linkUnnamed"));
  exports.Set("reserveRoom", Napi::Function::New<reserve_room_binding>(env, "reserveRoom"));
  exports.Set("openToRead", Napi::Function::New<open_to_read_binding>(env, "openToRead"));
  exports.Set("lockFile", Napi::Function::New<lock_file_binding>(env, "lockFile"));
}

}  // namespace pagecast
