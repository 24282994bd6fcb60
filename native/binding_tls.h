// TLS contexts of the process, to JavaScript.
#pragma once

#include <napi.h>

#include "engine.h"

namespace pagecast {

void define_tls(Napi::Env env, Napi::Object exports, Process& process);

}  // namespace pagecast
