// Where blocking calls go: a bounded pool of threads for the whole process, and the mailbox that brings answers back
// to a loop thread. A job does its work in `run` and is then delivered, once, to the mailbox it came from.
//
// Invariants: submitting never blocks (a full queue says so); delivering never blocks a loop; a mailbox outlives the
// jobs that are addressed to it (shared ownership), its engine may be gone by then.
#pragma once

#include <atomic>
#include <memory>

#include "kernel.h"

namespace pagecast {

class Engine;
class Mailbox;

class Job {
 public:
  virtual ~Job() = default;
  virtual void run() = 0;                // in a pool thread; may block
  virtual void arrive(Engine&) {}        // in the loop thread that the mailbox belongs to
  std::shared_ptr<Mailbox> mailbox;      // null: nobody waits for it
  Job* next = nullptr;                   // in the mailbox's list
};

class Mailbox {
 public:
  explicit Mailbox(Kernel& kernel);
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;

  int fd() const { return fd_; }  // readable when something was delivered; -errno where it could not be made
  void deliver(std::unique_ptr<Job> job);
  // Loop thread: everything delivered so far, oldest first.
  std::unique_ptr<Job> take_all();  // linked by next

 private:
  Kernel& kernel_;
  int fd_;
  std::atomic<Job*> head_{nullptr};
};

// A job that has run goes to the mailbox it came from, if any. In a pool thread.
void deliver(std::unique_ptr<Job> job);

class Pool {
 public:
  virtual ~Pool() = default;
  virtual bool submit(std::unique_ptr<Job> job) = 0;  // false: the queue is full, nothing was taken
  virtual void submit_always(std::unique_ptr<Job> job) = 0;  // for releases, whose number is bounded by what they release
};

std::unique_ptr<Pool> make_thread_pool(unsigned threads, size_t queue_max);

}  // namespace pagecast
