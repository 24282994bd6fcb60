// The addon pagecast_simulated: the class World, whose Engine is the real one on a simulated kernel, and which the
// driver turns the crank of.
#include <napi.h>

#include <utility>

#include "../../native/binding_engine.h"
#include "world.h"

namespace pagecast::simulated {
namespace {

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
  void evict(const Info& info) { world_->kernel.disk.evict(info[0].As<Napi::String>().Utf8Value()); }

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

Napi::Function WorldObject::define(Napi::Env env) {
  return DefineClass(env, "World",
                     {
                         InstanceMethod<&WorldObject::dispose>("dispose"),
                         InstanceMethod<&WorldObject::ready>("ready"),
                         InstanceMethod<&WorldObject::later>("later"),
                         InstanceMethod<&WorldObject::settle_later>("settleLater"),
                         InstanceMethod<&WorldObject::relieve>("relieve"),
                         InstanceMethod<&WorldObject::advance>("advance"),
                         InstanceMethod<&WorldObject::set_back>("setBack"),
                         InstanceMethod<&WorldObject::now_ms>("nowMs"),
                         InstanceMethod<&WorldObject::listen>("listen"),
                         InstanceMethod<&WorldObject::connect>("connect"),
                         InstanceMethod<&WorldObject::send>("send"),
                         InstanceMethod<&WorldObject::read>("read"),
                         InstanceMethod<&WorldObject::state>("state"),
                         InstanceMethod<&WorldObject::finish>("finish"),
                         InstanceMethod<&WorldObject::close>("close"),
                         InstanceMethod<&WorldObject::reset>("reset"),
                         InstanceMethod<&WorldObject::put>("put"),
                         InstanceMethod<&WorldObject::overwrite>("overwrite"),
                         InstanceMethod<&WorldObject::truncate>("truncate"),
                         InstanceMethod<&WorldObject::remove>("remove"),
                         InstanceMethod<&WorldObject::link>("link"),
                         InstanceMethod<&WorldObject::evict>("evict"),
                         InstanceMethod<&WorldObject::pool_step>("poolStep"),
                         InstanceMethod<&WorldObject::pool_size>("poolSize"),
                         InstanceMethod<&WorldObject::fault>("fault"),
                         InstanceMethod<&WorldObject::force>("force"),
                         InstanceMethod<&WorldObject::calm>("calm"),
                         InstanceMethod<&WorldObject::struck>("struck"),
                         InstanceMethod<&WorldObject::census>("census"),
                         InstanceMethod<&WorldObject::violations>("violations"),
                         InstanceMethod<&WorldObject::trace>("trace"),
                     });
}

// new World(seed: bigint, features, replay): features as in kernel.h by their names in TypeScript.
WorldObject::WorldObject(const Info& info) : Napi::ObjectWrap<WorldObject>(info) {
  bool lossless = false;
  const uint64_t seed = info[0].As<Napi::BigInt>().Uint64Value(&lossless);
  const auto given = info[1].As<Napi::Object>();
  Features features;
  features.openat2 = given.Get("openat2").ToBoolean();
  features.resolve_cached = given.Get("resolveCached").ToBoolean();
  features.cachestat = given.Get("cachestat").ToBoolean();
  features.cachestat_counts = given.Get("cachestatCounts").ToBoolean();
  features.read_nowait = given.Get("readNowait").ToBoolean();
  features.descriptors_max = static_cast<size_t>(given.Get("descriptorsMax").As<Napi::Number>().Int64Value());
  tell_on_crash(info[2].As<Napi::String>().Utf8Value().c_str());
  world_ = std::make_unique<World>(seed, features);
  Value().Set("Engine", EngineObject::define(info.Env(), world_->process));
}

// Engines that were not stopped still use it: then it stays, a test has failed anyway.
void WorldObject::end() {
  if (!world_) return;
  while (world_->pool->step()) {}
  if (world_->kernel.census()[static_cast<size_t>(Kind::epoll)] > 0) static_cast<void>(world_.release());
  world_.reset();
}

std::vector<uint8_t> WorldObject::bytes_argument(const Info& info, size_t index) {
  const auto array = info[index].As<Napi::Uint8Array>();
  return {array.Data(), array.Data() + array.ElementLength()};
}

void WorldObject::act(std::function<void()> what) {
  world_->kernel.begin_step();
  const uint64_t calls = std::exchange(world_->put_off, 0);
  if (calls == 0) what();
  else world_->kernel.later(calls, std::move(what));
}

// ---- peers ----

Napi::Value WorldObject::connect(const Info& info) {
  world_->kernel.begin_step();
  return number(info, world_->kernel.connect(info[0].As<Napi::Number>().Int32Value(), size_argument(info, 1), size_argument(info, 2)));
}

Napi::Value WorldObject::send(const Info& info) {
  const auto bytes = info[1].As<Napi::Uint8Array>();
  return number(info, static_cast<double>(peer(info)->peer_send(bytes.Data(), bytes.ElementLength())));
}

Napi::Value WorldObject::read(const Info& info) {
  world_->kernel.begin_step();
  Socket* from = peer(info);
  const size_t length = std::min(size_argument(info, 1), from->unread());
  auto buffer = Napi::Buffer<uint8_t>::New(info.Env(), length);
  return Napi::Buffer<uint8_t>::Copy(info.Env(), buffer.Data(), from->peer_read(buffer.Data(), length));
}

void WorldObject::finish(const Info& info) {
  act([socket = peer(info)] { socket->peer_finish(); });
}
void WorldObject::close(const Info& info) {
  act([socket = peer(info)] { socket->peer_close(); });
}
void WorldObject::reset(const Info& info) {
  act([socket = peer(info)] { socket->peer_reset(); });
}

// ---- files ----

void WorldObject::put(const Info& info) {
  const std::string path = info[0].As<Napi::String>().Utf8Value();
  const int64_t modified_ms = info[2].As<Napi::Number>().Int64Value();
  act([this, path, bytes = bytes_argument(info, 1), modified_ms] {
    world_->kernel.disk.put(path, bytes.data(), bytes.size(), modified_ms < 0 ? -1 : modified_ms * 1'000'000);
  });
}

void WorldObject::overwrite(const Info& info) {
  const std::string path = info[0].As<Napi::String>().Utf8Value();
  act([this, path, bytes = bytes_argument(info, 1)] { world_->kernel.disk.overwrite(path, bytes.data(), bytes.size()); });
}

void WorldObject::truncate(const Info& info) {
  const std::string path = info[0].As<Napi::String>().Utf8Value();
  act([this, path, size = size_argument(info, 1)] { world_->kernel.disk.truncate(path, size); });
}

void WorldObject::remove(const Info& info) {
  const std::string path = info[0].As<Napi::String>().Utf8Value();
  act([this, path] { world_->kernel.disk.remove(path); });
}

void WorldObject::link(const Info& info) {
  const std::string path = info[0].As<Napi::String>().Utf8Value();
  const std::string target = info[1].As<Napi::String>().Utf8Value();
  act([this, path, target] { world_->kernel.disk.link(path, target); });
}

// ---- the driver's ----

Napi::Value WorldObject::pool_step(const Info& info) {
  world_->kernel.begin_step();
  return Napi::Boolean::New(info.Env(), world_->pool->step());
}

void WorldObject::fault(const Info& info) {
  world_->kernel.faults.set(static_cast<Fault>(info[0].As<Napi::Number>().Int32Value()), info[1].As<Napi::Number>().DoubleValue());
}

void WorldObject::force(const Info& info) {
  world_->kernel.faults.force(static_cast<Fault>(info[0].As<Napi::Number>().Int32Value()), info[1].As<Napi::Number>().Uint32Value(),
                              info[2].As<Napi::Number>().Uint32Value());
}

Napi::Value WorldObject::struck(const Info& info) {
  return number(info, world_->kernel.faults.struck(static_cast<Fault>(info[0].As<Napi::Number>().Int32Value())));
}

Napi::Value WorldObject::census(const Info& info) {
  const std::array<int, kKinds> counts = world_->kernel.census();
  static constexpr const char* kNames[kKinds] = {"epoll", "event", "listener", "socket", "file", "place", "memory"};
  Napi::Object out = Napi::Object::New(info.Env());
  for (size_t i = 0; i < kKinds; ++i) out.Set(kNames[i], counts[i]);
  out.Set("coldSends", static_cast<double>(world_->kernel.cold_sends()));
  out.Set("calls", static_cast<double>(world_->kernel.calls()));
  return out;
}

Napi::Value WorldObject::violations(const Info& info) {
  Napi::Array out = Napi::Array::New(info.Env());
  for (const std::string& text : world_->kernel.violations()) out.Set(out.Length(), text);
  return out;
}

Napi::Value WorldObject::trace(const Info& info) { return Napi::BigInt::New(info.Env(), world_->kernel.trace()); }

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("layout", layout(env));
  exports.Set("World", WorldObject::define(env));
  Napi::Object faults = Napi::Object::New(env);
#define X(name) faults.Set(#name, static_cast<int>(Fault::name));
  SIMULATED_FAULTS(X)
#undef X
  exports.Set("faults", faults);
  Napi::Object states = Napi::Object::New(env);
#define X(name, number) states.Set(#name, number);
  SIMULATED_PEER_STATES(X)
#undef X
  exports.Set("peerStates", states);
  return exports;
}

NODE_API_MODULE(pagecast_simulated, initialise)

}  // namespace
}  // namespace pagecast::simulated
