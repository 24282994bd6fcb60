#include "store_files_binding.h"

#include <string>
#include <utility>

#include "store_files.h"

namespace pagecast {
namespace {

// In libuv's pool: a full journal makes linkat(2) wait.
class LinkWorker final : public Napi::AsyncWorker {
 public:
  LinkWorker(Napi::Env env, int fd, std::string path) : Napi::AsyncWorker(env), fd_(fd), path_(std::move(path)), done_(Napi::Promise::Deferred::New(env)) {}
  Napi::Promise promise() const { return done_.Promise(); }

 protected:
  void Execute() override { result_ = link_unnamed(fd_, path_); }
  void OnOK() override { done_.Resolve(Napi::Number::New(Env(), result_)); }

 private:
  const int fd_;
  const std::string path_;
  const Napi::Promise::Deferred done_;
  int result_ = 0;
};

Napi::Value link_unnamed_binding(const Napi::CallbackInfo& info) {
  // AsyncWorker deletes itself when it is done.
  auto* worker = new LinkWorker(info.Env(), info[0].As<Napi::Number>().Int32Value(), info[1].As<Napi::String>().Utf8Value());
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

Napi::Value lock_file_binding(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), lock_file(info[0].As<Napi::Number>().Int32Value()));
}

}  // namespace

void define_store_files(Napi::Env env, Napi::Object exports) {
  exports.Set("unnamedFileFlags", Napi::Number::New(env, unnamed_file_flags()));
  exports.Set("linkUnnamed", Napi::Function::New<link_unnamed_binding>(env, "linkUnnamed"));
  exports.Set("lockFile", Napi::Function::New<lock_file_binding>(env, "lockFile"));
}

}  // namespace pagecast
