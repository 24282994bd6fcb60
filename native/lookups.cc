// Engine: from paths to records. In the pool where something must be read, from the kernel's name cache where not.
#include "engine.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "assertion.h"
#include "jobs.h"
#include "reading.h"

namespace pagecast {

void Engine::opened(FileJob& job) {
  const int32_t number = job.file == nullptr ? -1 : static_cast<int32_t>(job.file->number);
  if (job.file != nullptr) {
    ++held_[job.file];
    areas_.broken[job.file->number] = is_lost(*job.file);
  }
  job.file = nullptr;  // the reference is TypeScript's now
  deferred_.push_back({kEvent_OPENED, static_cast<int32_t>(job.ticket), job.error, job.kind, number, job.rerooted});
}

bool Engine::open(uint32_t ticket, const std::string& root, const std::string& path, Symlinks symlinks, const LoadLimits& limits) {
  return submit(std::make_unique<OpenJob>(process_, ticket, root, path, symlinks, limits));
}

bool Engine::read(uint32_t ticket, uint32_t number) {
  return submit(std::make_unique<ReadJob>(process_, ticket, process_.files.at(number)));
}

bool Engine::list(uint32_t ticket, const std::string& root, const std::string& path, Symlinks symlinks, bool dotfiles, uint32_t names_max) {
  return submit(std::make_unique<ListJob>(process_, ticket, root, path, symlinks, dotfiles, names_max));
}

bool Engine::keep(uint32_t ticket, const std::string& key, std::vector<uint8_t> bytes, size_t arena_bytes_max) {
  return submit(std::make_unique<KeepJob>(process_, ticket, key, std::move(bytes), arena_bytes_max));
}

bool Engine::submit(std::unique_ptr<Job> job) {
  job->mailbox = mailbox_;
  return process_.pool->submit(std::move(job));
}

void Engine::was_read(BytesJob& job) {
  deferred_.push_back({kEvent_READ, static_cast<int32_t>(job.ticket), job.error, static_cast<int32_t>(job.bytes.size()), 0, 0});
  if (job.error == 0) read_[job.ticket] = std::move(job.bytes);
}

std::vector<uint8_t> Engine::take(uint32_t ticket) {
  const auto node = read_.extract(ticket);
  PAGECAST_ASSERT(!node.empty());
  return std::move(node.mapped());
}

void Engine::retain(uint32_t number) {
  File* file = process_.files.at(number);
  const auto held = held_.find(file);
  PAGECAST_ASSERT(held != held_.end());
  ++held->second;
  Files::retain(file);
}

ssize_t Engine::copy(uint32_t number, uint64_t offset, uint8_t* into, size_t length) {
  const File& file = *process_.files.at(number);
  reader_.enter();
  ssize_t copied = -EAGAIN;
  if (const uint8_t* bytes = file.resident.bytes.load(std::memory_order_acquire); bytes != nullptr) {
    std::copy_n(bytes + offset, length, into);
    copied = static_cast<ssize_t>(length);
  } else if (const int memory = file.private_fd.load(std::memory_order_acquire); memory >= 0 && !file.growth) {
    copied = kernel_.read_at(memory, into, length, static_cast<off_t>(file.private_copy.offset + offset));
  }
  reader_.leave();
  return copied;
}

void Engine::release(uint32_t number) {
  File* file = process_.files.at(number);
  const auto held = held_.find(file);
  PAGECAST_ASSERT(held != held_.end());
  if (--held->second == 0) held_.erase(held);
  drop(file);
}

void Engine::drop(File* file) {
  if (Files::release(file)) process_.pool->submit_always(std::make_unique<DestroyJob>(process_.files, file));
}

int Engine::open_root(const char* path) {
  for (size_t i = 0; i < roots_.size(); ++i) {
    if (roots_[i].open) continue;
    roots_[i] = {path, -1, true};
    return static_cast<int>(i);
  }
  roots_.push_back({path, -1, true});
  return static_cast<int>(roots_.size()) - 1;
}

void Engine::close_root(int number) {
  Root& root = roots_[static_cast<size_t>(number)];
  PAGECAST_ASSERT(root.open);
  if (root.fd >= 0) kernel_.close(root.fd);
  root = {};
}

int Engine::check(int number, const char* path, int64_t file, Symlinks symlinks, bool refresh_root) {
  Root& root = roots_[static_cast<size_t>(number)];
  if (refresh_root && root.fd >= 0) {
    kernel_.close(root.fd);  // O_PATH: nothing waits
    root.fd = -1;
  }
  if (root.fd < 0) root.fd = open_cached(kernel_, AT_FDCWD, root.path.c_str(), Symlinks::inside, false);
  if (root.fd < 0) return kCheck_UNKNOWN;
  const int place = open_cached(kernel_, root.fd, path, symlinks, true);
  if (place == -ENOENT || place == -ENOTDIR) return kCheck_MISSING;
  if (place < 0) return kCheck_UNKNOWN;
  struct stat status;
  const int error = kernel_.status(place, &status);
  kernel_.close(place);
  if (error < 0) return kCheck_UNKNOWN;
  if (S_ISDIR(status.st_mode)) return kCheck_DIRECTORY;
  if (file < 0) return kCheck_CHANGED;
  const File* known = process_.files.at(static_cast<uint32_t>(file));
  PAGECAST_ASSERT(known != nullptr);
  if (known->settling || is_lost(*known) || identity_of(status) != known->identity) return kCheck_CHANGED;
  return known->wants_arena && known->resident.bytes == nullptr ? kCheck_EVICTED : kCheck_SAME;
}

}  // namespace pagecast
