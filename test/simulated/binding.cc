#include "binding.h"

#include <utility>

#include "../../native/binding_engine.h"
#include "../../native/binding_tls.h"
#include "tls_client.h"

namespace pagecast::simulated {

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
                         InstanceMethod<&WorldObject::deliver>("deliver"),
                         InstanceMethod<&WorldObject::arrive>("arrive"),
                         InstanceMethod<&WorldObject::hold>("hold"),
                         InstanceMethod<&WorldObject::unacknowledged>("unacknowledged"),
                         InstanceMethod<&WorldObject::referenced>("referenced"),
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
                         InstanceMethod<&WorldObject::empty>("empty"),
                         InstanceMethod<&WorldObject::sync>("sync"),
                         InstanceMethod<&WorldObject::evict>("evict"),
                         InstanceMethod<&WorldObject::open_for_writing>("openForWriting"),
                         InstanceMethod<&WorldObject::writer_state>("writerState"),
                         InstanceMethod<&WorldObject::writer_write>("write"),
                         InstanceMethod<&WorldObject::writer_truncate>("truncateTo"),
                         InstanceMethod<&WorldObject::writer_close>("closeWriter"),
                         InstanceMethod<&WorldObject::guard_turn>("guardTurn"),
                         InstanceMethod<&WorldObject::guard_turn_meanwhile>("guardTurnMeanwhile"),
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
  features.multigrain = given.Get("multigrain").ToBoolean();
  features.reflink = given.Get("reflink").ToBoolean();
  features.droppable = given.Get("droppable").ToBoolean();
  features.descriptors_max = static_cast<size_t>(given.Get("descriptorsMax").As<Napi::Number>().Int64Value());
  tell_on_crash(info[2].As<Napi::String>().Utf8Value().c_str());
  world_ = std::make_unique<World>(seed, features);
  Value().Set("Engine", EngineObject::define(info.Env(), world_->process));
  define_tls(info.Env(), Value(), world_->process);
}

// Engines that were not stopped still use it: then it stays, a test has failed anyway.
void WorldObject::end() {
  if (!world_) return;
  constexpr int kTurnsMax = 60'000;  // more than any writer waits, in milliseconds
  for (int turns = 0; turns < kTurnsMax && world_->guard_turn(); ++turns) {
    while (world_->pool->step()) {}
    world_->kernel.advance(1);
  }
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
  const auto nearness = static_cast<Nearness>(info[4].As<Napi::Number>().Int32Value());
  return number(info, world_->kernel.connect(info[0].As<Napi::Number>().Int32Value(), size_argument(info, 1), size_argument(info, 2),
                                             size_argument(info, 3), nearness));
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

// ---- the driver's ----

// Whether breaks are under way.
Napi::Value WorldObject::guard_turn(const Info& info) {
  world_->kernel.begin_step();
  return Napi::Boolean::New(info.Env(), world_->guard_turn());
}

// The guard has its turn in the middle of the next pool job.
void WorldObject::guard_turn_meanwhile(const Info& info) {
  world_->kernel.meanwhile(size_argument(info, 0), [this] { world_->guard_turn(); });
}

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
  static constexpr const char* kNames[kKinds] = {"epoll", "event", "listener", "socket", "file", "place", "memory", "timer"};
  Napi::Object out = Napi::Object::New(info.Env());
  for (size_t i = 0; i < kKinds; ++i) out.Set(kNames[i], counts[i]);
  out.Set("leases", static_cast<double>(world_->kernel.leases.count()));
  out.Set("writersWaiting", static_cast<double>(world_->kernel.leases.waiting()));
  out.Set("mappings", static_cast<double>(world_->kernel.file_mappings.count()));
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

static Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("layout", layout(env));
  exports.Set("World", WorldObject::define(env));
  exports.Set("TlsClient", TlsClientObject::define(env));
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
  Napi::Object writers = Napi::Object::New(env);
#define X(name, number) writers.Set(#name, number);
  SIMULATED_WRITER_STATES(X)
#undef X
  exports.Set("writerStates", writers);
  Napi::Object nearness = Napi::Object::New(env);
  nearness.Set("network", static_cast<int>(Nearness::network));
  nearness.Set("unknown", static_cast<int>(Nearness::unknown));
  nearness.Set("host", static_cast<int>(Nearness::host));
  exports.Set("nearness", nearness);
  return exports;
}

NODE_API_MODULE(pagecast_simulated, initialise)

}  // namespace pagecast::simulated
