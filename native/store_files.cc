#include "store_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace pagecast {

int unnamed_file_flags() { return O_TMPFILE | O_RDWR; }

int link_unnamed(int fd, const std::string& path) {
  // AT_EMPTY_PATH would need CAP_DAC_READ_SEARCH; this way does not (open(2), O_TMPFILE).
  const std::string source = "/proc/self/fd/" + std::to_string(fd);
  return ::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

int reserve_room(int fd, int64_t bytes) { return ::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, bytes) < 0 ? -errno : 0; }

int open_to_read(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int lock_file(int fd) {
  // Not F_SETLK: that lock is lost when any thread of the process closes any descriptor of the file.
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return ::fcntl(fd, F_OFD_SETLK, &whole) < 0 ? -errno : 0;
}

}  // namespace pagecast
