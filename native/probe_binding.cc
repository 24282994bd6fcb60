#include "probe_binding.h"

#include <cerrno>
#include <string>
#include <vector>

#include "probe.h"
#include "probe_network.h"

namespace pagecast {
namespace {

// An object that is given out whole or, where a call failed because the environment is going down, not at all.
class Record {
 public:
  explicit Record(Napi::Env env) : env_(env), object_(Napi::Object::New(env)) {}

  template <typename T>
  Record& add(const char* name, const T& value) {
    complete_ = complete_ && object_.Set(name, value);
    return *this;
  }
  Record& add_outcome(const char* name, const Outcome& outcome) {
    if (!outcome.has_value()) return add(name, env_.Null());
    return add(name, static_cast<double>(*outcome));
  }
  Napi::Value value() const {
    if (!complete_) return env_.Undefined();
    return object_;
  }

 private:
  Napi::Env env_;
  Napi::Object object_;
  bool complete_ = true;
};

std::string text_argument(const Napi::CallbackInfo& info, size_t index) {
  return info[index].IsString() ? info[index].As<Napi::String>().Utf8Value() : "";
}

Napi::Value file_record(Napi::Env env, const FileProbe& probe) {
  return Record(env)
      .add_outcome("sent", probe.sent)
      .add_outcome("lease", probe.lease)
      .add_outcome("cachedPages", probe.cached_pages)
      .value();
}

Napi::Value probe_mount_binding(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const MountProbe probe = probe_mount(linux_kernel(), text_argument(info, 0), text_argument(info, 1));
  return Record(env)
      .add("directory", probe.directory)
      .add("type", static_cast<double>(probe.type))
      .add("typeName", probe.type_name)
      .add("mountId", static_cast<double>(probe.mount_id))
      .add_outcome("beneath", probe.beneath)
      .add_outcome("cached", probe.cached)
      .add_outcome("unnamedFile", probe.unnamed_file)
      .add("own", file_record(env, probe.own))
      .add_outcome("leaseBreaks", probe.lease_breaks)
      .add_outcome("leaseBesideWriter", probe.lease_beside_writer)
      .add_outcome("cachedPagesDropped", probe.cached_pages_dropped)
      .add_outcome("clone", probe.clone)
      .add("edits", probe.edits)
      .add("editsToldApart", probe.edits_told_apart)
      .add("stampStepNs", static_cast<double>(probe.stamp_step_ns))
      .add_outcome("sample", probe.sample)
      .add("sampleOwner", static_cast<double>(probe.sample_owner))
      .add("existing", file_record(env, probe.existing))
      .value();
}

Napi::Value probe_sealing_binding(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), probe_sealing(linux_kernel()));
}

Napi::Value offload_record(Napi::Env env, const Offload& offload) {
  return Record(env).add("state", offload.state).add("fixed", offload.fixed).value();
}

Napi::Value interface_record(Napi::Env env, const Interface& interface) {
  return Record(env)
      .add("name", interface.name)
      .add("driver", interface.driver)
      .add("up", interface.up)
      .add("loopback", interface.loopback)
      .add("checksum", offload_record(env, interface.checksum))
      .add("scatterGather", offload_record(env, interface.scatter_gather))
      .add("segmentation", offload_record(env, interface.segmentation))
      .value();
}

Napi::Value probe_kernel_tls_binding(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), probe_kernel_tls()); }

Napi::Value list_interfaces_binding(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  std::vector<Interface> interfaces;
  if (const int error = list_interfaces(interfaces); error < 0) return Napi::Number::New(env, error);
  Napi::Array out = Napi::Array::New(env, interfaces.size());
  for (uint32_t i = 0; i < interfaces.size(); ++i) {
    if (!out.Set(i, interface_record(env, interfaces[i]))) return Napi::Number::New(env, -ECANCELED);
  }
  return out;
}

}  // namespace

void define_probes(Napi::Env env, Napi::Object exports) {
  exports.Set("probeMount", Napi::Function::New<probe_mount_binding>(env, "probeMount"));
  exports.Set("probeSealing", Napi::Function::New<probe_sealing_binding>(env, "probeSealing"));
  exports.Set("probeKernelTls", Napi::Function::New<probe_kernel_tls_binding>(env, "probeKernelTls"));
  exports.Set("listInterfaces", Napi::Function::New<list_interfaces_binding>(env, "listInterfaces"));
}

}  // namespace pagecast
