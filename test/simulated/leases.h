// Read leases (F_SETLEASE) and the writers who wait for them, by Linux's rules (fs/locks.c: __break_lease,
// generic_add_lease): whoever opens for writing counts as a writer from his first moment, so that no lease is granted
// any more; he waits until the last lease is dropped, or 45 s; each lease is signalled once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "disk.h"

namespace pagecast::simulated {

#define SIMULATED_WRITER_STATES(X)                     \
  X(COMING, 0)   /* its open(2) was put off         */ \
  X(WAITING, 1)  /* in open(2), for leases          */ \
  X(INSIDE, 2)                                         \
  X(GONE, 3)     /* closed, or never let in         */

enum class WriterState : int {
#define X(name, number) name = number,
  SIMULATED_WRITER_STATES(X)
#undef X
};

class Leases {
 public:
  // What an open does once it is let in, before anybody else does anything; it closes by itself.
  using Script = std::function<void(Inode&)>;

  Leases(Disk& disk, const int64_t& ticks_ns, std::function<void(int)> signal) : disk_(disk), ticks_ns_(ticks_ns), signal_(std::move(signal)) {}

  int take(int fd, const std::shared_ptr<OpenFile>& file);
  int drop(const OpenFile& file);  // also when its description is closed
  bool whole(const OpenFile& file) const;
  bool held(const OpenFile& file) const { return leases_.contains(&file); }
  size_t count() const { return leases_.size(); }
  bool expire();  // true when one was taken away by force

  uint32_t make_writer();
  // `patient`: without O_NONBLOCK. A null inode: there is no such file.
  void open(uint32_t writer, const std::shared_ptr<Inode>& inode, bool truncates, bool patient, Script script = {});
  WriterState state(uint32_t writer) const { return writers_[writer].state; }
  Inode* inside(uint32_t writer) { return writers_[writer].state == WriterState::INSIDE ? writers_[writer].inode.get() : nullptr; }
  void close(uint32_t writer);
  size_t waiting() const;

 private:
  struct Lease {
    int fd;
    std::shared_ptr<OpenFile> file;
    int64_t breaking_ns;  // since then; -1: whole
  };
  struct Writer {
    WriterState state = WriterState::COMING;
    std::shared_ptr<Inode> inode;
    bool truncates = false;
    Script script;
  };
  bool leased(const Inode& inode) const;
  void admit(Writer& writer);
  void admit_all(const Inode& inode);

  Disk& disk_;
  const int64_t& ticks_ns_;
  const std::function<void(int)> signal_;
  std::map<const OpenFile*, Lease> leases_;
  std::vector<Writer> writers_;
};

}  // namespace pagecast::simulated
