#include "growing.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "assertion.h"
#include "engine.h"
#include "jobs.h"
#include "reading.h"

namespace pagecast {
namespace {

class GrownJob final : public Job {
 public:
  explicit GrownJob(const File* file) : file_(file) {}
  void run() override {}
  void arrive(Engine& engine) override { engine.has_grown(file_); }

 private:
  const File* file_;  // a name only: whoever waits for it has a reference
};

Span bytes_of(const Pending::Frame& frame) {
  return {kSpanKind_BYTES, nullptr, reinterpret_cast<const uint8_t*>(frame.text), 0, frame.length};
}

// RFC 9112 §7.1. `follows`: another chunk was before it.
const Pending::Frame& chunk_size(Pending& pending, uint64_t length, bool follows) {
  Pending::Frame& frame = pending.frames.emplace_back();
  const int written = std::snprintf(frame.text, sizeof frame.text, "%s%llx\r\n%s", follows ? "\r\n" : "",
                                    static_cast<unsigned long long>(length), length == 0 ? "\r\n" : "");
  frame.length = static_cast<uint64_t>(written);
  return frame;
}

}  // namespace

bool Growth::follow(uint64_t seen, const std::shared_ptr<Mailbox>& mailbox) {
  std::lock_guard lock(mutex_);
  if (state() != State::arriving || bytes() > seen) return false;
  if (std::find(followers_.begin(), followers_.end(), mailbox) == followers_.end()) followers_.push_back(mailbox);
  return true;
}

void Growth::rise(const File& file, uint64_t bytes) {
  bytes_.store(bytes, std::memory_order_release);
  tell(file);
}

void Growth::end(const File& file, State state) {
  state_.store(state, std::memory_order_release);
  tell(file);
}

void Growth::tell(const File& file) {
  std::vector<std::shared_ptr<Mailbox>> followers;
  {
    std::lock_guard lock(mutex_);
    followers.swap(followers_);
  }
  for (const std::shared_ptr<Mailbox>& mailbox : followers) mailbox->deliver(std::make_unique<GrownJob>(&file));
}

// ---- the engine that fills ----

int Engine::begin(const std::string& key, int fd) {
  File* file = nullptr;
  if (const int error = process_.files.begin(key, fd, &file); error < 0) return error;
  ++held_[file];
  Files::retain(file);
  filling_.insert(file);
  areas_.broken[file->number] = 0;  // of the number's last owner
  return static_cast<int>(file->number);
}

int Engine::append(uint32_t number, const uint8_t* bytes, size_t length) {
  File* file = process_.files.at(number);
  PAGECAST_ASSERT(file != nullptr && filling_.count(file) == 1 && file->fd < 0);
  const uint64_t there = file->growth->bytes();
  const int error = write_exactly(kernel_, file->private_fd, bytes, length, there);
  if (error == 0) process_.files.body_bytes += length;
  if (error == 0) file->growth->rise(*file, there + length);
  return error;
}

void Engine::rise(uint32_t number, size_t length) {
  File* file = process_.files.at(number);
  PAGECAST_ASSERT(file != nullptr && filling_.count(file) == 1);
  file->growth->rise(*file, file->growth->bytes() + length);
}

void Engine::end(uint32_t number, bool whole) {
  File* file = process_.files.at(number);
  if (filling_.erase(file) == 0) return;
  file->growth->end(*file, whole ? Growth::State::whole : Growth::State::broken);
  drop(file);
}

bool Engine::settle_body(uint32_t ticket, uint32_t number, const std::string& key, size_t arena_bytes_max) {
  File* file = process_.files.at(number);
  PAGECAST_ASSERT(file != nullptr && file->growth && file->growth->state() == Growth::State::whole);
  return submit(std::make_unique<SettleJob>(process_, ticket, file, key, arena_bytes_max));
}

// ---- engines that follow ----

// What has arrived of the answer's first growing span becomes spans of its own before it. False: it never ends.
bool Engine::expand(Pending& pending) {
  std::vector<Span>& spans = pending.spans;
  const auto grows = [](const Span& span) { return is_growing(span.kind); };
  size_t at = static_cast<size_t>(std::find_if(spans.begin() + static_cast<ptrdiff_t>(pending.first), spans.end(), grows) - spans.begin());
  // What has become spans before is sent first; only a head may stand before what has not.
  if (at == spans.size() || at > pending.first + (pending.expanded ? 0 : 1)) return true;
  for (; pending.expanded && pending.first > 0; --pending.first, --at) {
    if (spans.front().kind != kSpanKind_BYTES) drop(spans.front().file);
    spans.erase(spans.begin());
  }
  if (pending.first == at) pending.frames.clear();

  const Growth& growth = *spans[at].file->growth;
  const Growth::State state = growth.state();
  const uint64_t there = growth.bytes();
  Span& span = spans[at];
  const bool endless = span.length >= kUntilEnd;
  const uint64_t length = there <= span.offset ? 0 : endless ? there - span.offset : std::min(there - span.offset, span.length);
  const bool ends = endless ? state == Growth::State::whole : length == span.length;
  if (!ends && state != Growth::State::arriving) return false;

  std::vector<Span> pieces;
  const bool chunked = span.kind == kSpanKind_CHUNKED;
  if (length > 0) {
    if (chunked) pieces.push_back(bytes_of(chunk_size(pending, length, pending.expanded)));
    pieces.push_back({kSpanKind_FILE, span.file, nullptr, span.offset, length});
    pending.expanded = true;
  }
  if (ends && chunked) pieces.push_back(bytes_of(chunk_size(pending, 0, pending.expanded)));
  span.offset += length;
  if (!endless) span.length -= length;
  if (length > 0) Files::retain(span.file);
  if (ends) {
    drop(span.file);
    spans.erase(spans.begin() + static_cast<ptrdiff_t>(at));
  }
  spans.insert(spans.begin() + static_cast<ptrdiff_t>(at), pieces.begin(), pieces.end());
  return true;
}

// Everything that has arrived is sent: to be told of more.
void Engine::starve(uint32_t slot, const Pending& front) {
  if (areas_.starving[slot] == 1) return;
  const Span& span = front.spans[front.first];
  if (!span.file->growth->follow(span.offset, mailbox_)) return make_ready(slot);
  areas_.starving[slot] = 1;
  starving_[span.file][slot] = connections_[slot].generation;
}

void Engine::has_grown(const File* file) {
  const auto node = starving_.extract(file);
  if (node.empty()) return;
  for (const auto& [slot, generation] : node.mapped()) {
    if (live(slot, generation) == nullptr) continue;
    areas_.starving[slot] = 0;
    make_ready(slot);
  }
}

}  // namespace pagecast
