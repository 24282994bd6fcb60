// Guard: lease breaks, step by step, in the guard thread.
#include <algorithm>
#include <utility>

#include "engine.h"
#include "guard.h"
#include "jobs.h"

namespace pagecast {
namespace {

constexpr int64_t kAskAgainMs = 2;
// Engines that do not answer (a handler that computes, a worker that hangs) hold a writer this much longer.
constexpr int64_t kPatienceMs = 25;
constexpr size_t kUnrestMax = 4096;

}  // namespace

void Break::answer(const Census& part) {
  std::lock_guard lock(mutex_);
  --awaited_;
  census_.wanted += part.wanted;
  census_.from = std::min(census_.from, part.from);
  census_.to = std::max(census_.to, part.to);
  census_.queued += part.queued;
  census_.unknown = census_.unknown || part.unknown;
}

bool Break::answered(Census* out) {
  std::lock_guard lock(mutex_);
  *out = census_;
  return awaited_ <= 0;
}

void GuardMessage::arrive(Engine& engine) {
  heeded = true;
  at->answer(engine.heed(*at->file, question));
}

void Guard::broken(int fd) {
  File* file = nullptr;
  {
    std::lock_guard lock(mutex_);
    const auto found = leased_.find(fd);
    if (found == leased_.end()) return;  // closed meanwhile
    file = found->second;
    Hold hold = Hold::loading;
    if (file->hold.compare_exchange_strong(hold, Hold::broken)) {  // nothing was sent yet; its loader will see it
      process_.kernel.lease_drop(fd);
      return;
    }
    if (hold != Hold::leased) return;
    if (!Files::retain_living(file)) return;  // about to be closed
    file->hold = Hold::breaking;
    Unrest& unrest = unrest_.size() < kUnrestMax ? unrest_[inode_key(file->identity)] : (unrest_.clear(), unrest_[inode_key(file->identity)]);
    const int64_t now = process_.kernel.ticks_ms();
    unrest.breaks = now - unrest.last_ms < kRestlessMs ? unrest.breaks + 1 : 1;
    unrest.last_ms = now;
    breaking_.insert(inode_key(file->identity));
  }
  begin_break(file);
}

void Guard::begin_break(File* file) {
  counts.lease_breaks += 1;
  // Whoever was sending when `breaking` was set is done after this: pages of the file are handed out no more.
  process_.quiescence.wait();
  auto at = std::make_shared<Break>(file, process_.kernel.ticks_ms());
  breaks_.push_back(at);
  ask(at, Question::census);
}

void Guard::rescan() {
  counts.rescans += 1;
  std::vector<int> broken_ones;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [fd, file] : leased_) {
      const Hold hold = file->hold.load();
      if ((hold == Hold::leased || hold == Hold::loading) && !process_.kernel.lease_whole(fd)) broken_ones.push_back(fd);
    }
  }
  for (const int fd : broken_ones) broken(fd);
}

void Guard::ask(const std::shared_ptr<Break>& at, Question question) {
  std::vector<std::shared_ptr<Mailbox>> engines;
  {
    std::lock_guard lock(mutex_);
    engines = engines_;
  }
  at->asked_ms = process_.kernel.ticks_ms();
  at->expect(static_cast<int>(engines.size()));
  for (const auto& engine : engines) engine->deliver(std::make_unique<GuardMessage>(at, question));
}

bool Guard::turn() {
  const int64_t now = process_.kernel.ticks_ms();
  std::erase_if(breaks_, [&](const std::shared_ptr<Break>& at) { return advance(at, now); });
  return !breaks_.empty();
}

// One step of a break; true when it is over.
bool Guard::advance(const std::shared_ptr<Break>& at, int64_t now) {
  File& file = *at->file;
  const int64_t deadline = at->since_ms + limits().writer_delay_max_ms;
  Census census;
  if (!at->answered(&census)) {
    if (now < deadline + kPatienceMs) return false;
    file.hold = Hold::broken;
    counts.unanswered += 1;
    finish(*at, now);
    return true;
  }
  switch (at->stage) {
    case Break::Stage::asking:
      if (census.wanted > 0) {
        at->stage = Break::Stage::copying;
        at->copy = Break::Work::under_way;
        process_.pool->submit_always(std::make_unique<SnapshotJob>(process_, at, census.from, census.to));
        return false;
      }
      file.hold = Hold::broken;
      at->stage = Break::Stage::draining;
      break;
    case Break::Stage::copying:
      if (now >= deadline) at->too_late = true;
      if (at->copy.load(std::memory_order_acquire) != Break::Work::done) return false;
      file.hold = Hold::broken;
      at->stage = Break::Stage::draining;
      ask(at, Question::go_on);
      return false;
    case Break::Stage::draining:
      break;
    case Break::Stage::abandoning:
      finish(*at, now);
      return true;
  }
  if (census.queued == 0 && (!census.unknown || pages_gone(at))) {
    finish(*at, now);
    return true;
  }
  drained_or_late(at, now);
  return false;
}

void Guard::drained_or_late(const std::shared_ptr<Break>& at, int64_t now) {
  if (now >= at->since_ms + limits().writer_delay_max_ms) {
    at->stage = Break::Stage::abandoning;
    counts.writers_forced += 1;
    ask(at, Question::abandon);
  } else if (now >= at->asked_ms + kAskAgainMs) {
    ask(at, Question::census);
  }
}

void Guard::finish(Break& at, int64_t now) {
  File* file = at.file;
  {
    std::lock_guard lock(mutex_);
    leased_.erase(file->fd);
    breaking_.erase(inode_key(file->identity));
    counts.leases -= 1;
    process_.kernel.lease_drop(file->fd);
  }
  const auto delay = static_cast<uint64_t>(now - at.since_ms);
  counts.writers_delayed += 1;
  counts.writers_delayed_ms += delay;
  if (delay > counts.writer_delay_max_ms) counts.writer_delay_max_ms = delay;
  if (Files::release(file)) process_.pool->submit_always(std::make_unique<DestroyJob>(process_.files, file));
}

// The look is taken in the pool: it may wait for the disk.
bool Guard::pages_gone(const std::shared_ptr<Break>& at) {
  if (at->look.load(std::memory_order_acquire) == Break::Work::under_way) return false;
  if (at->look == Break::Work::done && at->pages_gone) return true;
  at->look = Break::Work::under_way;
  process_.pool->submit_always(std::make_unique<LookForPagesJob>(process_, at));
  return false;
}

// What cannot be dropped from the page cache is referred to by somebody. Dirty pages first have to be written.
void Guard::look_for_pages(Break& at) {
  Kernel& kernel = process_.kernel;
  const int fd = at.file->fd;
  const auto size = static_cast<size_t>(at.file->identity.size);
  // Our own mapping would be taken for a reader; nobody copies from it any more.
  if (const uint8_t* base = at.file->mapping.exchange(nullptr)) kernel.file_unmap(base, size);
  kernel.write_back(fd, 0, size);
  kernel.drop_cached(fd, 0, size);
  at.pages_gone = kernel.cached_pages(fd, 0, size) == 0;
  at.look.store(Break::Work::done, std::memory_order_release);
}

}  // namespace pagecast
