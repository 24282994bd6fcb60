#include "reading.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "loading.h"
#include "resolve.h"

namespace pagecast {
namespace {

// What getdents64(2) fills; libc has no declaration of it.
struct Name {
  uint64_t inode;
  int64_t next;
  uint16_t bytes;
  uint8_t type;
  char name[1];
};

template <typename T>
void append(std::vector<uint8_t>& to, T value) {
  const auto* from = reinterpret_cast<const uint8_t*>(&value);
  to.insert(to.end(), from, from + sizeof value);
}

}  // namespace

void ReadJob::run() {
  const auto size = static_cast<size_t>(file_->identity.size);
  const int memory = file_->private_fd;
  bytes.resize(size);
  int failed = 0;
  if (!file_->hashed) failed = -EFBIG;
  else if (memory >= 0) failed = read_exactly(process_.kernel, memory, bytes.data(), size, file_->private_copy.offset);
  else failed = read_exactly(process_.kernel, file_->fd, bytes.data(), size, 0);
  if (failed == 0 && digest_of(bytes) != file_->digest) failed = -ESTALE;
  error = -failed;
}

ReadJob::~ReadJob() {
  if (Files::release(file_)) process_.pool->submit_always(std::make_unique<DestroyJob>(process_.files, file_));
}

void ListJob::run() {
  Kernel& kernel = process_.kernel;
  const int root = kernel.open_at(AT_FDCWD, root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  const Opened folder = root < 0 ? Opened{root, false} : open_beneath(kernel, root, path_, symlinks_);
  const int listed = folder.fd < 0 ? folder.fd : list(root, folder.fd);
  if (folder.fd >= 0) kernel.close(folder.fd);
  if (root >= 0) kernel.close(root);
  error = -listed;
}

int ListJob::list(int root, int directory) {
  alignas(Name) char buffer[32 << 10];
  for (;;) {
    const ssize_t length = process_.kernel.read_names(directory, buffer, sizeof buffer);
    if (length <= 0) return static_cast<int>(length);
    for (ssize_t at = 0; at < length;) {
      const auto* name = reinterpret_cast<const Name*>(buffer + at);
      if (!add(root, name->name, directory)) return 0;
      at += name->bytes;
    }
  }
}

// False: there are more names than are wanted.
bool ListJob::add(int root, const char* name, int directory) {
  if (name[0] == '.' && (!dotfiles_ || std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0)) return true;
  if (names_ == names_max_) return false;
  Kernel& kernel = process_.kernel;
  // Of the name itself; what is behind a link is found by its way from the root, contained.
  int place = kernel.open_at(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  struct stat status;
  if (place < 0 || kernel.status(place, &status) < 0) {
    if (place >= 0) kernel.close(place);
    return true;
  }
  if (S_ISLNK(status.st_mode)) {
    kernel.close(place);
    place = symlinks_ == Symlinks::none ? -ELOOP : open_beneath(kernel, root, path_.empty() ? name : path_ + "/" + name, symlinks_).fd;
    if (place < 0) return true;
    if (kernel.status(place, &status) < 0) status.st_mode = 0;
  }
  kernel.close(place);
  const size_t length = std::strlen(name);
  append<uint8_t>(bytes, S_ISREG(status.st_mode) ? kKind_REGULAR : S_ISDIR(status.st_mode) ? kKind_DIRECTORY : kKind_OTHER);
  append<uint64_t>(bytes, static_cast<uint64_t>(status.st_size));
  append<int64_t>(bytes, status.st_mtim.tv_sec * 1000LL + status.st_mtim.tv_nsec / 1'000'000);
  append<uint16_t>(bytes, static_cast<uint16_t>(length));
  bytes.insert(bytes.end(), name, name + length);
  ++names_;
  return true;
}

void SettleJob::run() {
  kind = kKind_REGULAR;
  std::vector<uint8_t> bytes(body_->growth->bytes());
  error = -read_exactly(process_.kernel, body_->private_fd, bytes.data(), bytes.size(), 0);
  if (error == 0) error = -process_.files.keep(key_, bytes, arena_bytes_max_, &file);
}

SettleJob::~SettleJob() {
  if (Files::release(body_)) process_.pool->submit_always(std::make_unique<DestroyJob>(process_.files, body_));
}

void KeepJob::run() {
  kind = kKind_REGULAR;
  error = -(bytes_.empty() ? process_.files.find_kept(key_, &file) : process_.files.keep(key_, bytes_, arena_bytes_max_, &file));
}

}  // namespace pagecast
