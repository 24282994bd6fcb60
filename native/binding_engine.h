// Engine as a JavaScript class. Knows N-API and no system call.
#pragma once

#include <napi.h>
#include <uv.h>

#include <memory>

#include "engine.h"

namespace pagecast {

class EngineObject final : public Napi::ObjectWrap<EngineObject> {
 public:
  // The class, bound to the process whose kernel and pool its engines use.
  static Napi::Function define(Napi::Env env, Process& process);
  explicit EngineObject(const Napi::CallbackInfo& info);
  ~EngineObject() override;

 private:
  Napi::Value receive(const Napi::CallbackInfo& info);
  Napi::Value send(const Napi::CallbackInfo& info);
  void resume(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);
  Napi::Value unacknowledged(const Napi::CallbackInfo& info);
  Napi::Value peer(const Napi::CallbackInfo& info);
  Napi::Value secure(const Napi::CallbackInfo& info);
  Napi::Value security(const Napi::CallbackInfo& info);
  Napi::Value listen(const Napi::CallbackInfo& info);
  Napi::Value unlisten(const Napi::CallbackInfo& info);
  Napi::Value accept_again(const Napi::CallbackInfo& info);
  Napi::Value borrow(const Napi::CallbackInfo& info);
  Napi::Value generation(const Napi::CallbackInfo& info);
  Napi::Value open_root(const Napi::CallbackInfo& info);
  void close_root(const Napi::CallbackInfo& info);
  Napi::Value check(const Napi::CallbackInfo& info);
  Napi::Value open(const Napi::CallbackInfo& info);
  void retain(const Napi::CallbackInfo& info);
  void release(const Napi::CallbackInfo& info);
  Napi::Value copy(const Napi::CallbackInfo& info);
  Napi::Value read(const Napi::CallbackInfo& info);
  Napi::Value list(const Napi::CallbackInfo& info);
  Napi::Value keep(const Napi::CallbackInfo& info);
  Napi::Value begin(const Napi::CallbackInfo& info);
  Napi::Value append(const Napi::CallbackInfo& info);
  void rise(const Napi::CallbackInfo& info);
  Napi::Value open_stored(const Napi::CallbackInfo& info);
  void end(const Napi::CallbackInfo& info);
  Napi::Value settle(const Napi::CallbackInfo& info);
  Napi::Value take(const Napi::CallbackInfo& info);
  void describe(const Napi::CallbackInfo& info);
  void limit_arena(const Napi::CallbackInfo& info);
  void limit_guard(const Napi::CallbackInfo& info);
  void keep_private(const Napi::CallbackInfo& info);
  Napi::Value census(const Napi::CallbackInfo& info);
  Napi::Value start(const Napi::CallbackInfo& info);
  void stay(const Napi::CallbackInfo& info);
  void stop(const Napi::CallbackInfo& info);

  void shut_down();

  Process& process_;
  Napi::Reference<Napi::Object> areas_;  // keeps the shared memory alive
  std::unique_ptr<Engine> engine_;
  struct Watch;                          // the uv_poll handle, which libuv frees later than we go
  Watch* watch_ = nullptr;
  Napi::FunctionReference on_ready_;
  std::unique_ptr<Napi::AsyncContext> context_;
};

// { events: { ACCEPTED: 1, ... }, ... }: the numbers of layout.h by name.
Napi::Object layout(Napi::Env env);

}  // namespace pagecast
