// The guard of a process: leases on the files that are sent from their own pages, and what happens when a writer comes.
//
//   open for writing -> kernel waits, signals -> broken() -> engines are asked -> [ snapshot of the rest ]
//                    -> pages that were handed out are gone -> lease dropped -> kernel lets the writer in
//
// A lease break is copy-on-write: answers under way go on from a private snapshot of what they still need, new
// requests look at the file anew. What cannot be had within the limits is reset, never finished with other bytes.
//
// Invariants: a file's hold goes none -> leased -> breaking -> broken and never back; while it is `leased` nobody
// writes; a lease is dropped only after every engine has been asked about the file's pages, or at the time limit.
// hold() and its kin are for pool threads; broken(), rescan() and turn() for the one guard thread.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "files.h"
#include "kernel.h"
#include "pool.h"

namespace pagecast {

struct Process;

struct GuardLimits {
  int64_t writer_delay_max_ms = 1000;    // from the signal until the lease is dropped
  size_t snapshot_bytes_max = 64u << 20; // memory of all snapshots together
  size_t private_file_bytes_max = 8u << 20;
  std::string snapshot_directory;        // on the root's filesystem, for FICLONE; empty: none
  bool copy_for_unknown = false;         // peers that may be on this host are treated as if they were
};

// Process-wide, monotonic but for the first two.
struct GuardCounts {
  std::atomic<uint64_t> leases{0}, snapshot_bytes{0};
  std::atomic<uint64_t> leases_taken{0}, leases_refused{0}, lease_breaks{0}, rescans{0};
  std::atomic<uint64_t> snapshots{0}, snapshots_refused{0};
  std::atomic<uint64_t> writers_delayed{0}, writers_delayed_ms{0}, writer_delay_max_ms{0}, writers_forced{0};
  std::atomic<uint64_t> unanswered{0};  // let in, though an engine had not said what is still on its way
};

// What the engines know about a file that is being broken, added up.
struct Census {
  int wanted = 0;            // answers that still need bytes of it
  uint64_t from = UINT64_MAX, to = 0;
  int queued = 0;            // connections with pages of it that their peer has not acknowledged
  bool unknown = false;      // acknowledged, but by peers that may be on this host
};

enum class Question { census, go_on, abandon };

// One lease break, shared by the guard and the messages it has sent out.
class Break {
 public:
  Break(File* file, int64_t since_ms) : file(file), since_ms(since_ms) {}

  File* const file;  // one reference
  const int64_t since_ms;
  enum class Stage { asking, copying, draining, abandoning } stage = Stage::asking;
  int64_t asked_ms = 0;
  // What the pool does for it: a snapshot, then looks whether its pages are gone.
  enum class Work : int { none, under_way, done };
  std::atomic<Work> copy{Work::none};
  std::atomic<Work> look{Work::none};
  std::atomic<bool> pages_gone{false};
  std::atomic<bool> too_late{false};  // tells a snapshot to stop

  void expect(int answers) {
    std::lock_guard lock(mutex_);
    awaited_ = answers;
    census_ = {};
  }
  void answer(const Census& part);
  // True when every engine has answered.
  bool answered(Census* out);

 private:
  std::mutex mutex_;
  int awaited_ = 0;
  Census census_;
};

// A break this long ago is no unrest any more.
constexpr int64_t kRestlessMs = 10'000;

class Guard {
 public:
  explicit Guard(Process& process) : process_(process) {}

  // Who is signalled, and how. Before that no lease is taken.
  void begin(int thread, int signal);
  void limit(const GuardLimits& limits);
  GuardLimits limits();

  void join(const std::shared_ptr<Mailbox>& engine);
  void leave(const std::shared_ptr<Mailbox>& engine);

  // ---- pool threads ----

  // Takes a lease for a file that is being loaded. 0, -EAGAIN: somebody has it open for writing; else the refusal.
  int hold(File& file);
  // The file has been loaded: from now on a break is carried out. False: it was broken meanwhile.
  bool loaded(File& file);
  // Whether a writer of this inode is being held back right now.
  bool is_breaking(const Identity& identity);
  // Its bytes are elsewhere, or nowhere. False: the lease had been broken before.
  bool let_go(File& file);
  // Whether the probe for references to pages can be trusted on this filesystem; finds out where that is not known.
  bool probe_works(File& file);
  // A file that broke its lease twice within kRestlessMs is better served from private memory.
  bool restless(const Identity& identity);
  // Makes what answers under way need private: the whole file where it may be copied, else bytes [from, to), in memory
  // or as a clone.
  void take_snapshot(Break& at, uint64_t from, uint64_t to);
  // Looks whether anybody still refers to pages of the file.
  void look_for_pages(Break& at);

  // ---- the guard thread ----

  void broken(int fd);
  void rescan();           // signals were lost: every lease is looked at
  bool turn();             // true while there is something to come back for in a millisecond

  GuardCounts counts;

 private:
  void begin_break(File* file);
  void ask(const std::shared_ptr<Break>& at, Question question);
  bool advance(const std::shared_ptr<Break>& at, int64_t now);
  void drained_or_late(const std::shared_ptr<Break>& at, int64_t now);
  void finish(Break& at, int64_t now);
  bool pages_gone(const std::shared_ptr<Break>& at);
  bool reserve_snapshot(size_t bytes, size_t bytes_max);
  int snapshot(Break& at, uint64_t from, uint64_t to);
  int copy_range(Break& at, uint64_t from, uint64_t to);

  Process& process_;
  std::mutex mutex_;
  int thread_ = 0;
  int signal_ = 0;
  GuardLimits limits_;
  std::unordered_map<int, File*> leased_;  // by descriptor
  std::vector<std::shared_ptr<Mailbox>> engines_;
  std::unordered_map<uint64_t, int> probe_tries_;  // by device: how often it failed; -1: it works
  struct Unrest {
    int64_t last_ms = 0;
    int breaks = 0;
  };
  std::unordered_map<uint64_t, Unrest> unrest_;  // by device and inode
  std::unordered_set<uint64_t> breaking_;        // by device and inode
  std::vector<std::shared_ptr<Break>> breaks_;   // the guard thread's own
};

// Goes to an engine's mailbox; an engine that is gone has answered with nothing.
class GuardMessage final : public Job {
 public:
  GuardMessage(std::shared_ptr<Break> at_, Question question_) : at(std::move(at_)), question(question_) {}
  ~GuardMessage() override {
    if (!heeded) at->answer({});
  }
  void run() override {}
  void arrive(Engine& engine) override;

  const std::shared_ptr<Break> at;
  const Question question;
  bool heeded = false;
};

}  // namespace pagecast
