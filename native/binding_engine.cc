#include "binding_engine.h"

#include <arpa/inet.h>

#include <cerrno>
#include <cstring>

#include "binding_arguments.h"

namespace pagecast {
namespace {

template <typename T>
T* area(const Napi::Object& areas, const char* name, size_t* length = nullptr) {
  const auto array = areas.Get(name).As<Napi::TypedArray>();
  if (length != nullptr) *length = array.ElementLength();
  return reinterpret_cast<T*>(static_cast<uint8_t*>(array.ArrayBuffer().Data()) + array.ByteOffset());
}

Areas areas_of(const Napi::Object& shared) {
  Areas areas{};
  size_t slots = 0;
  areas.events = area<int32_t>(shared, "events");
  areas.rx = area<uint8_t>(shared, "rx", &areas.rx_bytes);
  areas.commands = area<double>(shared, "commands", &areas.command_words);
  areas.tx = area<uint8_t>(shared, "tx", &areas.tx_bytes);
  areas.status = area<int32_t>(shared, "status");
  areas.counters = area<double>(shared, "counters");
  areas.progress = area<double>(shared, "progress", &slots);
  areas.paused = area<uint8_t>(shared, "paused");
  areas.starving = area<uint8_t>(shared, "starving");
  areas.broken = area<uint8_t>(shared, "broken");
  areas.slots = static_cast<uint32_t>(slots);
  return areas;
}

}  // namespace

// Outlives the object: uv_close answers on a later turn of the loop, when the environment may be going down.
struct EngineObject::Watch {
  uv_poll_t handle;
  EngineObject* owner;
  Napi::Env env;
  napi_async_cleanup_hook_handle hook;

  static void ready(uv_poll_t* handle, int, int) {
    EngineObject* owner = static_cast<Watch*>(handle->data)->owner;
    if (owner == nullptr) return;
    const napi_env env = owner->Env();
    Napi::HandleScope scope(owner->Env());
    napi_value result;
    const napi_status status = napi_make_callback(env, *owner->context_, owner->Value(), owner->on_ready_.Value(), 0, nullptr, &result);
    // An exception out of the loop ends the worker: nobody is below us to catch it. Any other failure, and one that
    // cannot be fetched, means that the worker is being ended already.
    napi_value error;
    if (status != napi_pending_exception || napi_get_and_clear_last_exception(env, &error) != napi_ok) return;
    napi_fatal_exception(env, error);
  }
  static void clean_up(napi_async_cleanup_hook_handle, void* data) {
    auto* watch = static_cast<Watch*>(data);
    if (watch->owner != nullptr) watch->owner->shut_down();
  }
  static void closed(uv_handle_t* handle) {
    auto* watch = static_cast<Watch*>(handle->data);
    napi_remove_async_cleanup_hook(watch->hook);
    delete watch;
  }
};

Napi::Function EngineObject::define(Napi::Env env, Process& process) {
  return DefineClass(env, "Engine",
                     {
                         InstanceMethod<&EngineObject::receive>("receive"),
                         InstanceMethod<&EngineObject::send>("send"),
                         InstanceMethod<&EngineObject::resume>("resume"),
                         InstanceMethod<&EngineObject::close>("close"),
                         InstanceMethod<&EngineObject::unacknowledged>("unacknowledged"),
                         InstanceMethod<&EngineObject::peer>("peer"),
                         InstanceMethod<&EngineObject::secure>("secure"),
                         InstanceMethod<&EngineObject::security>("security"),
                         InstanceMethod<&EngineObject::listen>("listen"),
                         InstanceMethod<&EngineObject::unlisten>("unlisten"),
                         InstanceMethod<&EngineObject::accept_again>("acceptAgain"),
                         InstanceMethod<&EngineObject::borrow>("borrow"),
                         InstanceMethod<&EngineObject::generation>("generation"),
                         InstanceMethod<&EngineObject::open_root>("openRoot"),
                         InstanceMethod<&EngineObject::close_root>("closeRoot"),
                         InstanceMethod<&EngineObject::check>("check"),
                         InstanceMethod<&EngineObject::open>("open"),
                         InstanceMethod<&EngineObject::retain>("retain"),
                         InstanceMethod<&EngineObject::release>("release"),
                         InstanceMethod<&EngineObject::copy>("copy"),
                         InstanceMethod<&EngineObject::read>("read"),
                         InstanceMethod<&EngineObject::list>("list"),
                         InstanceMethod<&EngineObject::keep>("keep"),
                         InstanceMethod<&EngineObject::begin>("begin"),
                         InstanceMethod<&EngineObject::append>("append"),
                         InstanceMethod<&EngineObject::rise>("rise"),
                         InstanceMethod<&EngineObject::open_stored>("openStored"),
                         InstanceMethod<&EngineObject::end>("end"),
                         InstanceMethod<&EngineObject::settle>("settle"),
                         InstanceMethod<&EngineObject::take>("take"),
                         InstanceMethod<&EngineObject::describe>("describe"),
                         InstanceMethod<&EngineObject::limit_arena>("limitArena"),
                         InstanceMethod<&EngineObject::limit_guard>("limitGuard"),
                         InstanceMethod<&EngineObject::keep_private>("keepPrivate"),
                         InstanceMethod<&EngineObject::census>("census"),
                         InstanceMethod<&EngineObject::start>("start"),
                         InstanceMethod<&EngineObject::stay>("stay"),
                         InstanceMethod<&EngineObject::stop>("stop"),
                     },
                     &process);
}

EngineObject::EngineObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<EngineObject>(info), process_(*static_cast<Process*>(info.Data())) {
  const auto shared = info[0].As<Napi::Object>();
  areas_ = Napi::Persistent(shared);
  engine_ = std::make_unique<Engine>(process_, areas_of(shared));
}

EngineObject::~EngineObject() { shut_down(); }

// Once the engine is gone its methods answer as if nothing were there.
void EngineObject::shut_down() {
  if (watch_ != nullptr) {
    uv_poll_stop(&watch_->handle);
    watch_->owner = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&watch_->handle), Watch::closed);
    watch_ = nullptr;
  }
  engine_.reset();
}

Napi::Value EngineObject::receive(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), engine_ ? engine_->receive() : 0); }

Napi::Value EngineObject::send(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), engine_ ? engine_->send(unsigned_argument(info, 0)) : 0);
}

void EngineObject::resume(const Napi::CallbackInfo& info) {
  if (engine_) engine_->resume(unsigned_argument(info, 0), unsigned_argument(info, 1));
}

void EngineObject::close(const Napi::CallbackInfo& info) {
  if (engine_) engine_->close(unsigned_argument(info, 0), unsigned_argument(info, 1), info[2].ToBoolean());
}

Napi::Value EngineObject::unacknowledged(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), engine_ ? engine_->unacknowledged(unsigned_argument(info, 0), unsigned_argument(info, 1)) : 0);
}

Napi::Value EngineObject::peer(const Napi::CallbackInfo& info) {
  const Connection* connection = engine_ ? engine_->find(unsigned_argument(info, 0), unsigned_argument(info, 1)) : nullptr;
  char text[INET6_ADDRSTRLEN] = "";
  if (connection != nullptr && connection->address.sin6_family == AF_INET6) {
    const in6_addr& address = connection->address.sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
      ::inet_ntop(AF_INET, &address.s6_addr[12], text, sizeof text);
    } else {
      ::inet_ntop(AF_INET6, &address, text, sizeof text);
    }
  } else if (connection != nullptr && connection->address.sin6_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&connection->address)->sin_addr, text, sizeof text);
  } else if (connection != nullptr && connection->address.sin6_family == AF_UNIX) {
    std::strcpy(text, "unix");
  }
  return Napi::String::New(info.Env(), text);
}

Napi::Value EngineObject::listen(const Napi::CallbackInfo& info) {
  const int fd = info[0].As<Napi::Number>().Int32Value();
  return Napi::Number::New(info.Env(), engine_ ? engine_->listen(fd, info[1].ToBoolean()) : -EBADF);
}

Napi::Value EngineObject::unlisten(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), engine_ ? engine_->unlisten(info[0].As<Napi::Number>().Int32Value()) : -EBADF);
}

Napi::Value EngineObject::accept_again(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), engine_ ? engine_->accept_again(info[0].As<Napi::Number>().Int32Value()) : -EBADF);
}

Napi::Value EngineObject::borrow(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), engine_ ? engine_->borrow(info[0].As<Napi::Number>().Int32Value()) : -EBADF);
}

Napi::Value EngineObject::generation(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), engine_ ? engine_->generation(unsigned_argument(info, 0)) : 0);
}

void EngineObject::limit_arena(const Napi::CallbackInfo& info) {
  process_.arena.limit(static_cast<size_t>(info[0].As<Napi::Number>().Int64Value()));
}

void EngineObject::limit_guard(const Napi::CallbackInfo& info) {
  const auto given = info[0].As<Napi::Object>();
  const auto number = [&given](const char* name) { return given.Get(name).As<Napi::Number>().Int64Value(); };
  GuardLimits limits;
  limits.writer_delay_max_ms = number("writerDelayMaxMs");
  limits.snapshot_bytes_max = static_cast<size_t>(number("snapshotMaxBytes"));
  limits.private_file_bytes_max = static_cast<size_t>(number("privateMaxBytes"));
  process_.private_memory.limit(static_cast<size_t>(number("privateMaxTotalBytes")));
  limits.snapshot_directory = given.Get("snapshotDir").As<Napi::String>();
  limits.copy_for_unknown = given.Get("copyForUnknown").ToBoolean();
  if (engine_) engine_->limit_guard(limits, static_cast<int>(number("unsentMaxBytes")));
}

void EngineObject::keep_private(const Napi::CallbackInfo& info) {
  if (engine_) engine_->keep_private(unsigned_argument(info, 0));
}

// What the process holds and has done, all engines together.
Napi::Value EngineObject::census(const Napi::CallbackInfo& info) {
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("files", static_cast<double>(process_.files.count()));
  out.Set("arenaBytes", static_cast<double>(process_.arena.bytes()));
  const GuardCounts& counts = process_.guard.counts;
  const auto set = [&out](const char* name, const std::atomic<uint64_t>& value) { out.Set(name, static_cast<double>(value.load())); };
  set("leases", counts.leases);
  set("privateBytes", process_.private_memory.bytes);
  set("snapshotBytes", counts.snapshot_bytes);
  set("leasesTaken", counts.leases_taken);
  set("leasesRefused", counts.leases_refused);
  set("leaseBreaks", counts.lease_breaks);
  set("leaseRescans", counts.rescans);
  set("snapshots", counts.snapshots);
  set("snapshotsRefused", counts.snapshots_refused);
  set("privateCopies", process_.private_memory.copies);
  set("privateCopiesRefused", process_.private_memory.refused);
  set("writersDelayed", counts.writers_delayed);
  set("writersDelayedMs", counts.writers_delayed_ms);
  set("writerDelayMaxMs", counts.writer_delay_max_ms);
  set("writersForced", counts.writers_forced);
  set("writersUnanswered", counts.unanswered);
  return out;
}

// Calls back whenever something is ready, until stop(). 0 or -errno.
Napi::Value EngineObject::start(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!engine_ || watch_ != nullptr) return Napi::Number::New(env, -EBUSY);
  if (engine_->poll_fd() < 0) return Napi::Number::New(env, engine_->poll_fd());
  uv_loop_t* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return Napi::Number::New(env, -EINVAL);
  auto watch = std::make_unique<Watch>(Watch{{}, this, env, nullptr});
  if (const int error = uv_poll_init(loop, &watch->handle, engine_->poll_fd()); error < 0) return Napi::Number::New(env, error);
  watch_ = watch.release();
  watch_->handle.data = watch_;
  on_ready_ = Napi::Persistent(info[0].As<Napi::Function>());
  context_ = std::make_unique<Napi::AsyncContext>(env, "pagecast.Engine", Value());
  if (napi_add_async_cleanup_hook(env, Watch::clean_up, watch_, &watch_->hook) != napi_ok) return Napi::Number::New(env, -ENOMEM);
  return Napi::Number::New(env, uv_poll_start(&watch_->handle, UV_READABLE, Watch::ready));
}

// Whether libuv's loop goes on for our sake alone.
void EngineObject::stay(const Napi::CallbackInfo& info) {
  if (watch_ == nullptr) return;
  auto* handle = reinterpret_cast<uv_handle_t*>(&watch_->handle);
  if (info[0].ToBoolean()) uv_ref(handle);
  else uv_unref(handle);
}

void EngineObject::stop(const Napi::CallbackInfo&) { shut_down(); }

}  // namespace pagecast
