#include "files.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cerrno>

#include "assertion.h"

namespace pagecast {
namespace {

// Before multigrain timestamps (Linux 6.13) two changes within one tick of the kernel's coarse clock carry the same
// ctime. 20 ms is five ticks of the slowest common clock (250 Hz).
constexpr int64_t kSettlingNs = 20'000'000;
constexpr size_t kReadBytes = 256u << 10;
constexpr int kReadAttempts = 3;

int read_exactly(Kernel& kernel, int fd, uint8_t* buffer, size_t length, size_t offset) {
  for (size_t done = 0; done < length;) {
    const ssize_t n = kernel.read_at(fd, buffer + done, length - done, static_cast<off_t>(offset + done));
    if (n == -EINTR) continue;
    if (n <= 0) return n == 0 ? -EAGAIN : static_cast<int>(n);  // 0: it shrank
    done += static_cast<size_t>(n);
  }
  return 0;
}

using Digester = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

}  // namespace

Identity identity_of(const struct stat& status) {
  return {static_cast<uint64_t>(status.st_dev), static_cast<uint64_t>(status.st_ino), status.st_size,
          status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec,
          status.st_ctim.tv_sec * 1'000'000'000LL + status.st_ctim.tv_nsec};
}

Files::Files(Kernel& kernel, Arena& arena)
    : kernel_(kernel), arena_(arena), table_(std::make_unique<std::atomic<File*>[]>(kRecordsMax)) {}

int Files::adopt(int fd, const LoadLimits& limits, File** out) {
  int error = -EAGAIN;
  for (int attempt = 0; attempt < kReadAttempts && error == -EAGAIN; ++attempt) {
    struct stat status;
    error = kernel_.status(fd, &status);
    if (error < 0) break;
    if (File* known = find(identity_of(status)); known != nullptr) {
      kernel_.close(fd);
      if (known->wants_arena && known->resident.bytes == nullptr) readmit(*known);
      *out = known;
      return 0;
    }
    auto file = std::make_unique<File>();
    file->identity = identity_of(status);
    file->settling = kernel_.now_ns() - file->identity.changed_ns < kSettlingNs;
    file->fd = fd;
    error = read_whole(*file, limits);
    if (error == 0) return insert(std::move(file), out);
    if (file->resident.segment != nullptr) arena_.remove(file->resident);
  }
  kernel_.close(fd);
  return error;
}

// Hashes the file while reading it, and keeps the bytes that were hashed where they are few: validator and body are
// then of one version whatever happens to the file.
int Files::read_whole(File& file, const LoadLimits& limits) {
  const size_t size = static_cast<size_t>(file.identity.size);
  if (size > limits.hash_bytes_max) {
    uint8_t first;
    if (const int error = read_exactly(kernel_, file.fd, &first, 1, 0); error < 0) return error;
    file.cachestat_works = kernel_.cached_pages(file.fd, 0, 1) > 0;
    return 0;
  }
  const bool keep = size <= limits.arena_bytes_max;
  std::vector<uint8_t> buffer(keep ? size : std::min(size, kReadBytes));
  Digester digester(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!digester || EVP_DigestInit_ex(digester.get(), EVP_sha256(), nullptr) != 1) return -ENOMEM;
  for (size_t offset = 0; offset < size;) {
    const size_t length = std::min(buffer.size(), size - offset);
    if (const int error = read_exactly(kernel_, file.fd, buffer.data(), length, offset); error < 0) return error;
    EVP_DigestUpdate(digester.get(), buffer.data(), length);
    offset += length;
  }
  EVP_DigestFinal_ex(digester.get(), file.digest.data(), nullptr);

  struct stat after;
  if (const int error = kernel_.status(file.fd, &after); error < 0) return error;
  if (identity_of(after) != file.identity) return -EAGAIN;
  file.hashed = true;
  // cachestat answers 0 for cached files on some filesystems (overlayfs): it counts only once it was seen to work.
  file.cachestat_works = size > 0 && kernel_.cached_pages(file.fd, 0, size) > 0;
  if (keep && size > 0) keep_private(file, buffer.data());
  return 0;
}

// Where the arena refuses, the descriptor serves, and it is not asked again for this version.
void Files::keep_private(File& file, const uint8_t* bytes) {
  file.wants_arena = arena_.store(file.resident, bytes, static_cast<size_t>(file.identity.size)) == 0;
}

// Back into the arena after an eviction: only the bytes that the record's hash was made of.
void Files::readmit(File& file) {
  const size_t size = static_cast<size_t>(file.identity.size);
  std::vector<uint8_t> buffer(size);
  std::array<uint8_t, 32> digest;
  if (read_exactly(kernel_, file.fd, buffer.data(), size, 0) < 0) return;
  if (EVP_Digest(buffer.data(), size, digest.data(), nullptr, EVP_sha256(), nullptr) != 1 || digest != file.digest) return;
  keep_private(file, buffer.data());
}

File* Files::find(const Identity& identity) {
  std::lock_guard lock(mutex_);
  const auto found = by_identity_.find(identity);
  if (found == by_identity_.end() || found->second->settling) return nullptr;
  // A record on its way out has no references left, and stays on its way out.
  File* file = found->second;
  uint32_t references = file->references.load(std::memory_order_relaxed);
  while (references != 0) {
    if (file->references.compare_exchange_weak(references, references + 1, std::memory_order_acq_rel)) return file;
  }
  return nullptr;
}

int Files::insert(std::unique_ptr<File> file, File** out) {
  std::lock_guard lock(mutex_);
  size_t number = numbers_;
  if (!free_.empty()) {
    number = free_.back();
    free_.pop_back();
  } else if (number < kRecordsMax) {
    ++numbers_;
  } else {
    arena_.remove(file->resident);
    kernel_.close(file->fd);
    return -ENFILE;
  }
  file->number = static_cast<uint32_t>(number);
  *out = file.release();
  by_identity_[(*out)->identity] = *out;  // two loads of one version at once: the later one is found from now on
  table_[number].store(*out, std::memory_order_release);
  return 0;
}

void Files::destroy(File* file) {
  PAGECAST_ASSERT(file->references.load() == 0);
  {
    std::lock_guard lock(mutex_);
    const auto found = by_identity_.find(file->identity);
    if (found != by_identity_.end() && found->second == file) by_identity_.erase(found);
    table_[file->number].store(nullptr, std::memory_order_release);
    free_.push_back(file->number);
  }
  arena_.remove(file->resident);
  kernel_.close(file->fd);
  delete file;
}

}  // namespace pagecast
