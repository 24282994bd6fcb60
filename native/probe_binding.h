#pragma once

#include <napi.h>

namespace pagecast {

// Adds the functions of native/probes.ts to the addon.
void define_probes(Napi::Env env, Napi::Object exports);

}  // namespace pagecast
