// The addon pagecast_simulated: the class World, whose Engine is the real one on a simulated kernel, and which the
// driver turns the crank of.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "world.h"

namespace pagecast::simulated {

class WorldObject final : public Napi::ObjectWrap<WorldObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit WorldObject(const Napi::CallbackInfo& info);
  ~WorldObject() override { end(); }

 private:
  using Info = Napi::CallbackInfo;
  Napi::Value number(const Info& info, double value) { return Napi::Number::New(info.Env(), value); }
  static size_t size_argument(const Info& info, size_t index) { return static_cast<size_t>(info[index].As<Napi::Number>().Int64Value()); }
  static std::vector<uint8_t> bytes_argument(const Info& info, size_t index);
  static std::string text_argument(const Info& info, size_t index) { return info[index].As<Napi::String>().Utf8Value(); }
  static uint32_t writer(const Info& info) { return info[0].As<Napi::Number>().Uint32Value(); }
  // Open, wait, be let in, and close, all at once.
  void write_in_place(const std::string& path, bool truncates, Leases::Script script);
  Socket* peer(const Info& info) { return world_->kernel.peer(info[0].As<Napi::Number>().Uint32Value()); }
  // Now, or where later() put it.
  void act(std::function<void()> what);

  void end();
  void dispose(const Info&) { end(); }
  Napi::Value ready(const Info& info) { return Napi::Boolean::New(info.Env(), world_->kernel.ready(info[0].As<Napi::Number>().Int32Value())); }
  void later(const Info& info) { world_->put_off = size_argument(info, 0); }
  void settle_later(const Info&) { world_->kernel.settle_later(); }
  void relieve(const Info&) { world_->kernel.relieve(); }
  void advance(const Info& info) { world_->kernel.advance(info[0].As<Napi::Number>().Int64Value()); }
  void set_back(const Info& info) { world_->kernel.set_back(info[0].As<Napi::Number>().Int64Value()); }
  Napi::Value now_ms(const Info& info) { return number(info, static_cast<double>(world_->kernel.now_ns() / 1'000'000)); }

  Napi::Value listen(const Info& info) { return number(info, world_->kernel.make_listener(size_argument(info, 0))); }
  Napi::Value connect(const Info& info);
  Napi::Value deliver(const Info&) { return Napi::Boolean::New(Env(), world_->kernel.deliver()); }
  void arrive(const Info& info) { peer(info)->arrive(size_argument(info, 1)); }
  void hold(const Info& info) { peer(info)->hold(info[1].ToBoolean()); }
  Napi::Value unacknowledged(const Info& info) { return number(info, static_cast<double>(peer(info)->unacknowledged())); }
  Napi::Value referenced(const Info& info) { return number(info, static_cast<double>(peer(info)->referenced())); }
  Napi::Value send(const Info& info);
  Napi::Value read(const Info& info);
  Napi::Value state(const Info& info) { return number(info, peer_state(*peer(info))); }
  void finish(const Info& info);
  void close(const Info& info);
  void reset(const Info& info);

  void put(const Info& info);
  void overwrite(const Info& info);
  void truncate(const Info& info);
  void remove(const Info& info);
  void link(const Info& info);
  void empty(const Info& info);
  void sync(const Info& info) { world_->kernel.disk.sync(text_argument(info, 0)); }
  void evict(const Info& info) { world_->kernel.disk.evict(text_argument(info, 0)); }

  Napi::Value open_for_writing(const Info& info);
  Napi::Value writer_state(const Info& info) { return number(info, static_cast<int>(world_->kernel.leases.state(writer(info)))); }
  void writer_write(const Info& info);
  void writer_truncate(const Info& info);
  void writer_close(const Info& info);

  Napi::Value guard_turn(const Info& info);
  void guard_turn_meanwhile(const Info& info);

  Napi::Value pool_step(const Info& info);
  Napi::Value pool_size(const Info& info) { return number(info, static_cast<double>(world_->pool->size())); }
  void fault(const Info& info);
  void force(const Info& info);
  void calm(const Info&) { world_->kernel.faults.calm(); }
  Napi::Value struck(const Info& info);
  Napi::Value census(const Info& info);
  Napi::Value violations(const Info& info);
  Napi::Value trace(const Info& info);

  std::unique_ptr<World> world_;
};

}  // namespace pagecast::simulated
