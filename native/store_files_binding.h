// The disk store's system calls as JavaScript functions.
#pragma once

#include <napi.h>

namespace pagecast {

// Sets unnamedFileFlags, linkUnnamed, reserveRoom, openToRead and lockFile.
void define_store_files(Napi::Env env, Napi::Object exports);

}  // namespace pagecast
