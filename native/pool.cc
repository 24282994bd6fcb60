#include "pool.h"

#include <pthread.h>
#include <signal.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace pagecast {

Mailbox::Mailbox(Kernel& kernel) : kernel_(kernel), fd_(kernel.event_create()) {}

Mailbox::~Mailbox() {
  for (std::unique_ptr<Job> job = take_all(); job;) job.reset(job->next);
  if (fd_ >= 0) kernel_.close(fd_);
}

void Mailbox::deliver(std::unique_ptr<Job> job) {
  Job* added = job.release();
  Job* head = head_.load(std::memory_order_relaxed);
  do {
    added->next = head;
  } while (!head_.compare_exchange_weak(head, added, std::memory_order_release, std::memory_order_relaxed));
  // Only the first into an empty box rings: the reader takes everything at once.
  if (head == nullptr && fd_ >= 0) kernel_.event_signal(fd_);
}

std::unique_ptr<Job> Mailbox::take_all() {
  Job* newest = head_.exchange(nullptr, std::memory_order_acquire);
  Job* oldest = nullptr;
  while (newest != nullptr) {
    Job* following = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = following;
  }
  return std::unique_ptr<Job>(oldest);
}

void deliver(std::unique_ptr<Job> job) {
  // Taken out of the job: one that lies in its own mailbox would keep it, and itself, when the engine is gone.
  if (const std::shared_ptr<Mailbox> mailbox = std::move(job->mailbox)) mailbox->deliver(std::move(job));
}

namespace {

class ThreadPool final : public Pool {
 public:
  ThreadPool(unsigned threads, size_t queue_max) : queue_max_(queue_max) {
    // Signals of the process are for Node's threads.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i < threads; ++i) std::thread([this] { work(); }).detach();  // they live as long as the process
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  bool submit(std::unique_ptr<Job> job) override {
    {
      std::lock_guard lock(mutex_);
      if (queue_.size() >= queue_max_) return false;
      queue_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
  }

  void submit_always(std::unique_ptr<Job> job) override {
    {
      std::lock_guard lock(mutex_);
      queue_.push_back(std::move(job));
    }
    wake_.notify_one();
  }

 private:
  void work() {
    ::pthread_setname_np(::pthread_self(), "pagecast-pool");
    for (;;) {
      std::unique_ptr<Job> job;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return !queue_.empty(); });
        job = std::move(queue_.front());
        queue_.pop_front();
      }
      job->run();
      deliver(std::move(job));
    }
  }

  const size_t queue_max_;
  std::mutex mutex_;  // held for a push or a pop, never during a job
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Job>> queue_;
};

}  // namespace

std::unique_ptr<Pool> make_thread_pool(unsigned threads, size_t queue_max) {
  return std::make_unique<ThreadPool>(threads, queue_max);
}

}  // namespace pagecast
