// Arguments of JavaScript functions, as the types that the engine takes.
#pragma once

#include <napi.h>

#include <string>

namespace pagecast {

inline uint32_t unsigned_argument(const Napi::CallbackInfo& info, size_t index) { return info[index].As<Napi::Number>().Uint32Value(); }

inline size_t size_argument(const Napi::CallbackInfo& info, size_t index) { return static_cast<size_t>(info[index].As<Napi::Number>().Int64Value()); }

// Names of files are bytes: latin1 strings carry them unchanged.
inline std::string bytes_argument(const Napi::CallbackInfo& info, size_t index) {
  size_t length = 0;
  const napi_env env = info.Env();
  if (napi_get_value_string_latin1(env, info[index], nullptr, 0, &length) != napi_ok) return "";
  std::string text(length, '\0');
  if (napi_get_value_string_latin1(env, info[index], text.data(), length + 1, &length) != napi_ok) return "";
  return text;
}

}  // namespace pagecast
