#include "jobs.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace pagecast {

void OpenJob::run() {
  const int root = process_.kernel.open_at(AT_FDCWD, root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) {
    error = -root;
    return;
  }
  const Opened opened = open_beneath(process_.kernel, root, path_, symlinks_);
  // A directory that may be searched but not read is a directory all the same.
  const int place = opened.fd == -EACCES ? open_cached(process_.kernel, root, path_.c_str(), symlinks_, true) : -1;
  process_.kernel.close(root);
  rerooted = opened.rerooted;
  if (opened.fd < 0) {
    struct stat status;
    if (place >= 0 && process_.kernel.status(place, &status) == 0 && S_ISDIR(status.st_mode)) kind = kKind_DIRECTORY;
    else error = -opened.fd;
    if (place >= 0) process_.kernel.close(place);
    return;
  }
  struct stat status;
  if (const int failed = process_.kernel.status(opened.fd, &status); failed < 0) {
    error = -failed;
    process_.kernel.close(opened.fd);
    return;
  }
  kind = S_ISREG(status.st_mode) ? kKind_REGULAR : S_ISDIR(status.st_mode) ? kKind_DIRECTORY : kKind_OTHER;
  if (kind != kKind_REGULAR) {
    process_.kernel.close(opened.fd);
    return;
  }
  error = -process_.files.adopt(opened.fd, limits_, &file);
}

// Nobody took the file over: its worker is gone.
FileJob::~FileJob() {
  if (file != nullptr && Files::release(file)) process_.pool->submit_always(std::make_unique<DestroyJob>(process_.files, file));
}

void ReadAheadJob::run() {
  // A snapshot without memory of its own is a clone, on the disk like the file.
  const int snapshot = file_->snapshot_fd;
  const int fd = snapshot >= 0 && file_->snapshot_bytes == 0 ? snapshot : file_->fd;
  if (file_->stored) file_->stored->verify(process_.kernel, fd, 0, offset, length);
  static thread_local std::unique_ptr<uint8_t[]> scratch;
  constexpr uint64_t kScratchBytes = 128u << 10;
  if (!scratch) scratch = std::make_unique<uint8_t[]>(kScratchBytes);
  for (uint64_t at = offset; at < offset + length;) {
    const ssize_t n = process_.kernel.read_at(fd, scratch.get(), std::min(kScratchBytes, offset + length - at), static_cast<off_t>(at));
    // An error or an early end is for the sendfile that follows to report.
    if (n <= 0 && n != -EINTR) return;
    if (n > 0) at += static_cast<uint64_t>(n);
  }
}

ReadAheadJob::~ReadAheadJob() {
  if (Files::release(file_)) process_.pool->submit_always(std::make_unique<DestroyJob>(process_.files, file_));
}

PrivateJob::~PrivateJob() {
  if (Files::release(file_)) process_.pool->submit_always(std::make_unique<DestroyJob>(process_.files, file_));
}

}  // namespace pagecast
