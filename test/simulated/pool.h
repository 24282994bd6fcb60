// Pool whose threads are the driver: a job runs, and is delivered, when step() says so, in seeded order. Between the
// two anything may happen to whoever waits for it.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "../../native/pool.h"
#include "kernel.h"

namespace pagecast::simulated {

class SimulatedPool final : public Pool {
 public:
  explicit SimulatedPool(SimulatedKernel& kernel) : kernel_(kernel) {}

  bool submit(std::unique_ptr<Job> job) override;
  void submit_always(std::unique_ptr<Job> job) override { waiting_.push_back(std::move(job)); }

  bool step();  // false: nothing to do
  size_t size() const { return waiting_.size() + done_.size(); }

 private:
  void run(std::unique_ptr<Job> job);

  SimulatedKernel& kernel_;
  std::deque<std::unique_ptr<Job>> waiting_;
  std::vector<std::unique_ptr<Job>> done_;  // run, not delivered yet
};

}  // namespace pagecast::simulated
