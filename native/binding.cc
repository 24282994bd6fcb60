// The addon on Linux: one process-wide state, the Engine class, listening sockets. Every function returns a value;
// -errno stands for the kernel's refusal.
#include <napi.h>

#include <cerrno>

#include "binding_arguments.h"
#include "binding_engine.h"
#include "binding_tls.h"
#include "guard_thread.h"
#include "host_addresses.h"
#include "jobs.h"
#include "listen.h"
#include "notify.h"
#include "probe_binding.h"
#include "store_files_binding.h"

namespace pagecast {
namespace {

constexpr unsigned kPoolThreads = 4;
constexpr size_t kPoolQueueMax = 4096;

// Made by whichever thread loads the addon first; shared by all of them; never destroyed, its threads run until exit.
Process& process() {
  static Process* shared = [] {
    auto* made = new Process(linux_kernel(), make_thread_pool(kPoolThreads, kPoolQueueMax));
    start_guard_thread(made->guard);
    return made;
  }();
  return *shared;
}

Napi::Value number(const Napi::CallbackInfo& info, double value) { return Napi::Number::New(info.Env(), value); }

Napi::Value listen_tcp_binding(const Napi::CallbackInfo& info) {
  ListenOptions options;
  const auto given = info[2].As<Napi::Object>();
  options.reuse_port = given.Get("reusePort").ToBoolean();
  options.v6_only = given.Get("v6Only").ToBoolean();
  options.backlog = given.Get("backlog").As<Napi::Number>().Int32Value();
  options.congestion_control = given.Get("congestionControl").As<Napi::String>();
  return number(info, listen_tcp(info[0].As<Napi::String>().Utf8Value(), info[1].As<Napi::Number>().Int32Value(), options));
}

Napi::Value listen_unix_binding(const Napi::CallbackInfo& info) {
  return number(info, listen_unix(info[0].As<Napi::String>().Utf8Value(), info[1].As<Napi::Number>().Int32Value(),
                                  info[2].As<Napi::Number>().Int32Value()));
}

Napi::Value adopt_listener_binding(const Napi::CallbackInfo& info) {
  return number(info, adopt_listener(info[0].As<Napi::Number>().Int32Value()));
}

Napi::Value local_address_binding(const Napi::CallbackInfo& info) {
  const LocalAddress address = local_address(info[0].As<Napi::Number>().Int32Value());
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("host", address.host);
  out.Set("port", address.port);
  out.Set("error", address.error);
  return out;
}

Napi::Value socket_pair_binding(const Napi::CallbackInfo& info) {
  auto ends = info[0].As<Napi::Int32Array>();
  return number(info, socket_pair(ends.Data()));
}

Napi::Value find_addresses_binding(const Napi::CallbackInfo& info) {
  return number(info, find_addresses(info[0].As<Napi::String>().Utf8Value(), info[1].As<Napi::Number>().Int32Value()));
}

Napi::Value notify_binding(const Napi::CallbackInfo& info) {
  return number(info, notify(info[0].As<Napi::String>().Utf8Value(), info[1].As<Napi::String>().Utf8Value()));
}

Napi::Value close_descriptor(const Napi::CallbackInfo& info) {
  return number(info, linux_kernel().close(info[0].As<Napi::Number>().Int32Value()));
}

Napi::Value duplicate_descriptor(const Napi::CallbackInfo& info) {
  return number(info, linux_kernel().duplicate(info[0].As<Napi::Number>().Int32Value()));
}

// What the store has is held by the process: it outlives the worker that made it.
Napi::Value hold_kept(const Napi::CallbackInfo& info) {
  File* file = nullptr;
  return Napi::Boolean::New(info.Env(), process().files.find_kept(bytes_argument(info, 0), &file) == 0);
}

void let_go(File* file) {
  if (Files::release(file)) process().pool->submit_always(std::make_unique<DestroyJob>(process().files, file));
}

void let_go_kept(const Napi::CallbackInfo& info) {
  File* file = nullptr;
  if (process().files.find_kept(bytes_argument(info, 0), &file) < 0) return;
  let_go(file);  // find_kept's
  let_go(file);  // hold_kept's
}

Napi::Value read_kept(const Napi::CallbackInfo& info) {
  File* file = nullptr;
  if (const int error = process().files.find_kept(bytes_argument(info, 0), &file); error < 0) return number(info, error);
  auto into = info[2].As<Napi::Uint8Array>();
  const auto offset = static_cast<off_t>(file->private_copy.offset) + info[1].As<Napi::Number>().Int64Value();
  const ssize_t read = file->private_fd < 0 ? -EBADF : process().kernel.read_at(file->private_fd, into.Data(), into.ByteLength(), offset);
  let_go(file);
  return number(info, static_cast<double>(read));
}

// Of the bounds of sealed memory, what may be used.
void squeeze(const Napi::CallbackInfo& info) {
  const double share = info[0].As<Napi::Number>();
  process().private_memory.squeeze(share);
  process().pool->submit_always(std::make_unique<SqueezeJob>(process(), share));
}

// What is sealed, or will be, and so is never reclaimed by the kernel.
Napi::Value sealed_memory(const Napi::CallbackInfo& info) {
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("arenaBytes", static_cast<double>(process().arena.bytes()));
  out.Set("privateBytes", static_cast<double>(process().private_memory.bytes.load()));
  out.Set("privateBytesMax", static_cast<double>(process().private_memory.budget()));
  out.Set("snapshotBytes", static_cast<double>(process().guard.counts.snapshot_bytes.load()));
  out.Set("bodyBytes", static_cast<double>(process().files.body_bytes.load()));
  return out;
}

Napi::Value raise_file_limit_binding(const Napi::CallbackInfo& info) { return number(info, static_cast<double>(raise_file_limit())); }

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("layout", layout(env));
  exports.Set("Engine", EngineObject::define(env, process()));
  exports.Set("listenTcp", Napi::Function::New<listen_tcp_binding>(env, "listenTcp"));
  exports.Set("listenUnix", Napi::Function::New<listen_unix_binding>(env, "listenUnix"));
  exports.Set("adoptListener", Napi::Function::New<adopt_listener_binding>(env, "adoptListener"));
  exports.Set("localAddress", Napi::Function::New<local_address_binding>(env, "localAddress"));
  exports.Set("socketPair", Napi::Function::New<socket_pair_binding>(env, "socketPair"));
  exports.Set("duplicateDescriptor", Napi::Function::New<duplicate_descriptor>(env, "duplicateDescriptor"));
  exports.Set("closeDescriptor", Napi::Function::New<close_descriptor>(env, "closeDescriptor"));
  exports.Set("findAddresses", Napi::Function::New<find_addresses_binding>(env, "findAddresses"));
  exports.Set("notify", Napi::Function::New<notify_binding>(env, "notify"));
  exports.Set("raiseFileLimit", Napi::Function::New<raise_file_limit_binding>(env, "raiseFileLimit"));
  exports.Set("squeeze", Napi::Function::New<squeeze>(env, "squeeze"));
  exports.Set("sealedMemory", Napi::Function::New<sealed_memory>(env, "sealedMemory"));
  exports.Set("holdKept", Napi::Function::New<hold_kept>(env, "holdKept"));
  exports.Set("letGoKept", Napi::Function::New<let_go_kept>(env, "letGoKept"));
  exports.Set("readKept", Napi::Function::New<read_kept>(env, "readKept"));
  define_tls(env, exports, process());
  define_probes(env, exports);
  define_store_files(env, exports);
  return exports;
}

NODE_API_MODULE(pagecast, initialise)

}  // namespace
}  // namespace pagecast
