#include "resolve.h"

#include <fcntl.h>
#include <linux/openat2.h>

#include <cerrno>
#include <cstdio>

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20  // linux/openat2.h of 5.12
#endif

namespace pagecast {
namespace {

constexpr int kRead = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
constexpr int kProcessAttempts = 8;

uint64_t contained_by(Symlinks symlinks) {
  const uint64_t beneath = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return symlinks == Symlinks::none ? beneath | RESOLVE_NO_SYMLINKS : beneath;
}

// RESOLVE_BENEATH answers -EAGAIN when a rename somewhere on the system raced with a "..": try again, it is rare.
int open_contained(Kernel& kernel, int root, const char* path, Symlinks symlinks) {
  int fd = -EAGAIN;
  for (int attempt = 0; attempt < kProcessAttempts && fd == -EAGAIN; ++attempt) {
    fd = kernel.open_at2(root, path, kRead, contained_by(symlinks));
  }
  return fd;
}

// Without openat2 (before 5.6, or refused by seccomp): one name at a time, following no link at all.
int open_stepwise(Kernel& kernel, int root, const std::string& path) {
  int directory = root;
  size_t start = 0;
  for (;;) {
    const size_t slash = path.find('/', start);
    const std::string name = path.substr(start, slash == std::string::npos ? std::string::npos : slash - start);
    const bool last = slash == std::string::npos;
    if (name == "..") return -EXDEV;
    const int flags = last ? kRead | O_NOFOLLOW : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    const int next = kernel.open_at(directory, name.empty() ? "." : name.c_str(), flags);
    if (directory != root) kernel.close(directory);
    if (last || next < 0) return next;
    directory = next;
    start = slash + 1;
  }
}

std::string real_path(Kernel& kernel, int fd) {
  char name[64];
  char target[4096];
  std::snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  const ssize_t length = kernel.read_link(name, target, sizeof target);
  return length > 0 && static_cast<size_t>(length) < sizeof target ? std::string(target, static_cast<size_t>(length)) : "";
}

// The link is followed with O_PATH only, which opens nothing; what is opened is the real path, contained again.
Opened open_rerooted(Kernel& kernel, int root, const std::string& path) {
  const int place = kernel.open_at(root, path.c_str(), O_PATH | O_CLOEXEC);
  if (place < 0) return {-EXDEV, false};
  const std::string target = real_path(kernel, place);
  kernel.close(place);
  const std::string base = real_path(kernel, root);
  const bool inside = !base.empty() && target.size() > base.size() + 1 && target.compare(0, base.size(), base) == 0 &&
                      (base == "/" || target[base.size()] == '/');
  if (!inside) return {-EXDEV, false};
  const std::string rest = target.substr(base == "/" ? 1 : base.size() + 1);
  return {open_contained(kernel, root, rest.c_str(), Symlinks::none), true};
}

}  // namespace

Opened open_beneath(Kernel& kernel, int root, const std::string& path, Symlinks symlinks) {
  const std::string name = path.empty() ? "." : path;
  const int fd = open_contained(kernel, root, name.c_str(), symlinks);
  if (fd == -ENOSYS || fd == -EPERM) {
    const int stepwise = open_stepwise(kernel, root, name);
    return {stepwise, false};
  }
  if (fd == -EXDEV && symlinks == Symlinks::inside) return open_rerooted(kernel, root, name);
  return {fd, false};
}

int open_cached(Kernel& kernel, int directory, const char* path, Symlinks symlinks, bool contained) {
  const uint64_t resolve = (contained ? contained_by(symlinks) : 0) | RESOLVE_CACHED;
  const int fd = kernel.open_at2(directory, *path == '\0' ? "." : path, O_PATH | O_CLOEXEC, resolve);
  // EXDEV may be an absolute link that points inside; the pool looks closer.
  return fd == -ENOSYS || fd == -EPERM || fd == -EINVAL || fd == -EXDEV ? -EAGAIN : fd;
}

}  // namespace pagecast
