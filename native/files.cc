#include "files.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "assertion.h"
#include "guard.h"
#include "layout.h"
#include "loading.h"

namespace pagecast {

Identity identity_of(const struct stat& status) {
  return {static_cast<uint64_t>(status.st_dev), static_cast<uint64_t>(status.st_ino), status.st_size,
          status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec,
          status.st_ctim.tv_sec * 1'000'000'000LL + status.st_ctim.tv_nsec};
}

Files::Files(Kernel& kernel, Arena& arena, PrivateMemory& memory, Guard& guard)
    : kernel_(kernel), arena_(arena), memory_(memory), guard_(guard) {}

int Files::adopt(int fd, const LoadLimits& limits, File** out) {
  constexpr int kAttempts = 3;
  int error = -EAGAIN;
  for (int attempt = 0; attempt < kAttempts && error == -EAGAIN; ++attempt) {
    struct stat status;
    error = kernel_.status(fd, &status);
    if (error < 0) break;
    if (File* known = find(identity_of(status), limits.stored); known != nullptr) {
      kernel_.close(fd);
      if (known->stored && known->stored->is_damaged()) {
        if (release(known)) destroy(known);
        return -EBADMSG;
      }
      if (known->wants_arena && known->resident.bytes == nullptr) readmit(*known);
      *out = known;
      return 0;
    }
    auto file = std::make_unique<File>();
    file->identity = identity_of(status);
    file->fd = fd;
    // A file that never stands still is sent as it is, and checked at its end.
    Loading loading{kernel_, arena_, memory_, guard_, *file, limits, attempt == kAttempts - 1};
    error = loading.run(earlier(fd, file->identity));
    if (error == 0 && !limits.stored.id.empty()) error = recognise(*file, limits);
    if (error == 0) return insert(std::move(file), out);
    discard(*file);
  }
  kernel_.close(fd);
  return error;
}

// What can become private is looked at now, as a whole: private bytes are sent as they are.
int Files::recognise(File& file, const LoadLimits& limits) {
  if (const int error = StoredBody::check_whole(kernel_, file.fd, limits.stored); error < 0) return error;
  file.stored = std::make_unique<StoredBody>(limits.stored);
  // Of a large one the first block: who is told that it is damaged before its head is sent has another answer.
  const bool is_small = static_cast<size_t>(file.identity.size) <= limits.hash_bytes_max;
  const bool is_private = file.private_fd >= 0;
  file.stored->verify(kernel_, is_private ? file.private_fd.load() : file.fd, is_private ? file.private_copy.offset : 0, 0, is_small ? limits.stored.bytes : 1);
  struct stat after;
  if (const int error = kernel_.status(file.fd, &after); error < 0) return error;
  // What was copied on the way is what was looked at.
  if (identity_of(after) != file.identity) return -EAGAIN;
  return file.stored->is_damaged() ? -EBADMSG : 0;
}

int Files::make_private(File& file) {
  const Hold hold = file.hold;
  if ((hold != Hold::leased && hold != Hold::breaking) || file.private_fd >= 0 || file.becoming_private.exchange(true)) return -EALREADY;
  const auto size = static_cast<size_t>(file.identity.size);
  PrivateCopy copy;
  int error = memory_.take(size, copy);
  if (error < 0) return error;  // it stays as it is; asked once a version
  std::vector<uint8_t> buffer(std::min<size_t>(size, 256u << 10));
  for (size_t done = 0; error == 0 && done < size;) {
    const size_t length = std::min(buffer.size(), size - done);
    error = read_exactly(kernel_, file.fd, buffer.data(), length, done);
    if (error == 0) error = write_exactly(kernel_, copy.fd, buffer.data(), length, copy.offset + done);
    done += length;
  }
  struct stat status;
  if (error == 0) error = kernel_.status(file.fd, &status);
  // Leased from before the first byte to after the last, and not emptied behind the lease's back.
  if (error == 0 && (file.hold != hold || !same_content(identity_of(status), file.identity))) error = -EBUSY;
  if (error == 0) publish(memory_, file, copy);
  else memory_.give_back(copy);
  return error;
}

// Back into the arena after an eviction: only the bytes that the record's hash was made of.
void Files::readmit(File& file) {
  const size_t size = static_cast<size_t>(file.identity.size);
  std::vector<uint8_t> buffer(size);
  if (read_exactly(kernel_, file.fd, buffer.data(), size, 0) < 0 || digest_of(buffer) != file.digest) return;
  file.wants_arena = arena_.store(file.resident, buffer.data(), size) == 0;
}

File* Files::kept(const std::string& key) {
  const auto found = by_key_.find(key);
  return found != by_key_.end() && retain_living(found->second) ? found->second : nullptr;
}

int Files::find_kept(const std::string& key, File** out) {
  std::lock_guard lock(mutex_);
  *out = kept(key);
  return *out == nullptr ? -ENOENT : 0;
}

int Files::keep(const std::string& key, const std::vector<uint8_t>& bytes, size_t arena_bytes_max, File** out) {
  if (find_kept(key, out) == 0) return 0;
  auto file = std::make_unique<File>();
  PrivateCopy copy;
  if (const int error = memory_.take(bytes.size(), copy); error < 0) return error;
  if (const int error = write_exactly(kernel_, copy.fd, bytes.data(), bytes.size(), copy.offset); error < 0) {
    memory_.give_back(copy);
    return error;
  }
  publish(memory_, *file, copy);
  file->identity.size = static_cast<int64_t>(bytes.size());
  file->key = key;
  file->digest = digest_of(bytes);
  file->hashed = true;
  file->protection = kProtection_SEALED;
  if (bytes.size() <= arena_bytes_max) arena_.store(file->resident, bytes.data(), bytes.size());
  return insert(std::move(file), out);
}

int Files::begin(const std::string& key, int fd, File** out) {
  auto file = std::make_unique<File>();
  const int memory = fd < 0 ? kernel_.memory_create("pagecast-body") : -1;
  if (fd < 0 && memory < 0) return memory;
  file->growth = std::make_unique<Growth>();
  file->private_fd = memory;
  file->fd = fd;
  file->key = key;
  file->protection = fd < 0 ? kProtection_SEALED : kProtection_OFF;
  return insert(std::move(file), out);
}

bool Files::retain_living(File* file) {
  // A record on its way out has no references left, and stays on its way out.
  uint32_t references = file->references.load(std::memory_order_relaxed);
  while (references != 0) {
    if (file->references.compare_exchange_weak(references, references + 1, std::memory_order_acq_rel)) return true;
  }
  return false;
}

File* Files::find(const Identity& identity, const StoredName& stored) {
  std::lock_guard lock(mutex_);
  const auto found = by_identity_.find(identity);
  if (found == by_identity_.end() || found->second->settling || is_lost(*found->second)) return nullptr;
  const StoredBody* body = found->second->stored.get();
  if (stored.id.empty() ? body != nullptr : body == nullptr || !body->is(stored)) return nullptr;
  return retain_living(found->second) ? found->second : nullptr;
}

Earlier Files::earlier(int fd, const Identity& identity) {
  const int64_t born_ns = kernel_.born_ns(fd);
  std::lock_guard lock(mutex_);
  const auto found = by_inode_.find({identity.device, identity.inode});
  return found == by_inode_.end() || found->second.born_ns != born_ns ? Earlier{} : found->second;
}

int Files::insert(std::unique_ptr<File> file, File** out) {
  constexpr size_t kEarlierMax = 8192;
  const bool is_kept = !file->key.empty();
  const int64_t born_ns = is_kept ? 0 : kernel_.born_ns(file->fd);
  std::lock_guard lock(mutex_);
  size_t number = numbers_;
  if (!free_.empty()) {
    number = free_.back();
    free_.pop_back();
  } else if (number < kRecordsMax) {
    ++numbers_;
  } else {
    discard(*file);
    close(*file);
    return -ENFILE;
  }
  file->number = static_cast<uint32_t>(number);
  *out = file.release();
  std::unique_ptr<Block>& block = blocks_[number / kBlockRecords];
  if (!block) block = std::make_unique<Block>();
  (*block)[number % kBlockRecords].store(*out, std::memory_order_release);
  if (is_kept) {
    by_key_[(*out)->key] = *out;  // kept by two at once: as above
    return 0;
  }
  by_identity_[(*out)->identity] = *out;  // two loads of one version at once: the later one is found from now on
  const Identity& identity = (*out)->identity;
  if (by_inode_.size() >= kEarlierMax) by_inode_.clear();
  by_inode_[{identity.device, identity.inode}] = {true, (*out)->hashed, static_cast<size_t>(identity.size), identity.modified_ns, born_ns, (*out)->digest};
  return 0;
}

// Gives back what a record holds but for its descriptor.
void Files::discard(File& file) {
  guard_.let_go(file);
  arena_.remove(file.resident);
  if (const uint8_t* base = file.mapping.exchange(nullptr)) kernel_.file_unmap(base, static_cast<size_t>(file.identity.size));
  const int own = file.private_fd.exchange(-1);
  if (file.growth && own >= 0) {
    kernel_.close(own);
    body_bytes -= file.growth->bytes();
  }
  memory_.give_back(file.private_copy);
  if (const int memory = file.snapshot_fd.exchange(-1); memory >= 0) kernel_.close(memory);
  guard_.counts.snapshot_bytes -= std::exchange(file.snapshot_bytes, 0);
}

void Files::close(File& file) {
  if (file.fd >= 0) kernel_.close(file.fd);
}

void Files::destroy(File* file) {
  PAGECAST_ASSERT(file->references.load() == 0);
  {
    std::lock_guard lock(mutex_);
    const auto found = by_identity_.find(file->identity);
    if (found != by_identity_.end() && found->second == file) by_identity_.erase(found);
    const auto kept = by_key_.find(file->key);
    if (kept != by_key_.end() && kept->second == file) by_key_.erase(kept);
    (*blocks_[file->number / kBlockRecords])[file->number % kBlockRecords].store(nullptr, std::memory_order_release);
    free_.push_back(file->number);
  }
  discard(*file);
  close(*file);
  delete file;
}

}  // namespace pagecast
