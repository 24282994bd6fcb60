#include "leases.h"

#include <algorithm>
#include <cerrno>

namespace pagecast::simulated {
namespace {
constexpr int64_t kWhole = -1;
constexpr int64_t kBreakTimeNs = 45'000'000'000;  // /proc/sys/fs/lease-break-time
}  // namespace

int Leases::take(int fd, const std::shared_ptr<OpenFile>& file) {
  if (file->inode->writers > 0) return -EAGAIN;
  leases_[file.get()] = {fd, file, kWhole};
  return 0;
}

int Leases::drop(const OpenFile& file) {
  const auto found = leases_.find(&file);
  if (found == leases_.end()) return -EAGAIN;
  const std::shared_ptr<OpenFile> kept = found->second.file;
  leases_.erase(found);
  admit_all(*kept->inode);
  return 0;
}

bool Leases::whole(const OpenFile& file) const {
  const auto found = leases_.find(&file);
  return found != leases_.end() && found->second.breaking_ns == kWhole;
}

bool Leases::leased(const Inode& inode) const {
  return std::any_of(leases_.begin(), leases_.end(), [&](const auto& entry) { return entry.second.file->inode.get() == &inode; });
}

bool Leases::expire() {
  std::vector<const OpenFile*> late;
  for (const auto& [file, lease] : leases_) {
    if (lease.breaking_ns != kWhole && ticks_ns_ - lease.breaking_ns > kBreakTimeNs) late.push_back(file);
  }
  for (const OpenFile* file : late) drop(*file);
  return !late.empty();
}

uint32_t Leases::make_writer() {
  writers_.emplace_back();
  return static_cast<uint32_t>(writers_.size() - 1);
}

void Leases::open(uint32_t number, const std::shared_ptr<Inode>& inode, bool truncates, bool patient, Script script) {
  Writer& writer = writers_[number];
  writer.state = WriterState::GONE;
  if (!inode) return;
  writer.inode = inode;
  writer.truncates = truncates;
  writer.script = std::move(script);
  ++inode->writers;
  for (auto& [file, lease] : leases_) {
    if (file->inode != inode || lease.breaking_ns != kWhole) continue;
    lease.breaking_ns = ticks_ns_;
    signal_(lease.fd);
  }
  if (!leased(*inode)) return admit(writer);
  if (patient) writer.state = WriterState::WAITING;
  else --inode->writers;  // EAGAIN
}

void Leases::admit(Writer& writer) {
  writer.state = WriterState::INSIDE;
  Inode& inode = *writer.inode;
  if (writer.truncates) disk_.truncate(inode, 0);
  if (!writer.script) return;
  writer.script(inode);
  writer.state = WriterState::GONE;
  --inode.writers;
}

void Leases::admit_all(const Inode& inode) {
  if (leased(inode)) return;
  for (Writer& writer : writers_) {
    if (writer.state == WriterState::WAITING && writer.inode.get() == &inode) admit(writer);
  }
}

void Leases::close(uint32_t number) {
  Writer& writer = writers_[number];
  if (writer.state == WriterState::INSIDE || writer.state == WriterState::WAITING) --writer.inode->writers;  // WAITING: killed
  writer.state = WriterState::GONE;
}

size_t Leases::waiting() const {
  return static_cast<size_t>(std::count_if(writers_.begin(), writers_.end(), [](const Writer& writer) { return writer.state == WriterState::WAITING; }));
}

}  // namespace pagecast::simulated
