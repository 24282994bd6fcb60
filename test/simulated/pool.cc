#include "pool.h"

#include <algorithm>

namespace pagecast::simulated {
namespace {
constexpr size_t kThreads = 4;  // so many jobs may overtake each other
}

bool SimulatedPool::submit(std::unique_ptr<Job> job) {
  if (kernel_.faults.strikes(Fault::poolFull)) return false;
  submit_always(std::move(job));
  return true;
}

bool SimulatedPool::step() {
  if (size() == 0) return false;
  const size_t running = std::min(kThreads, waiting_.size());
  const size_t choice = kernel_.random.below(running + done_.size());
  kernel_.blocking_allowed(true);
  if (choice < running) {
    std::unique_ptr<Job> job = std::move(waiting_[choice]);
    waiting_.erase(waiting_.begin() + static_cast<ptrdiff_t>(choice));
    run(std::move(job));
  } else {
    std::unique_ptr<Job> job = std::move(done_[choice - running]);
    done_.erase(done_.begin() + static_cast<ptrdiff_t>(choice - running));
    deliver(std::move(job));
  }
  kernel_.blocking_allowed(false);
  return true;
}

void SimulatedPool::run(std::unique_ptr<Job> job) {
  job->run();
  if (job->mailbox) done_.push_back(std::move(job));
}

}  // namespace pagecast::simulated
