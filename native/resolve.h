// From a root and a relative path to a descriptor, contained by the kernel: openat2(2) with RESOLVE_BENEATH.
#pragma once

#include <string>

#include "kernel.h"

namespace pagecast {

enum class Symlinks : int { inside = 0, none = 1 };

struct Opened {
  int fd = -1;        // or -errno
  bool rerooted = false;  // through an absolute link that points inside the root
};

// Blocking: pool threads. `root` is an O_PATH descriptor of the directory whose real path is `root_path`. Opens for
// reading, never following a link out of the root: then -EXDEV (or -ELOOP where links are not followed at all).
// Absolute links are looked up, and opened again by their real path when that is below the root.
Opened open_beneath(Kernel& kernel, int root, const std::string& path, Symlinks symlinks);

// Loop threads: O_PATH only, from the kernel's name cache only. -EAGAIN: a disk or a lock would be needed, or this
// kernel has no RESOLVE_CACHED (before 5.12): ask a pool thread.
int open_cached(Kernel& kernel, int directory, const char* path, Symlinks symlinks, bool contained);

}  // namespace pagecast
