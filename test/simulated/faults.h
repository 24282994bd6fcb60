// What can go wrong below the engine: each fault with its probability a call, or forced a number of times.
#pragma once

#include <array>
#include <cstdint>

#include "random.h"

namespace pagecast::simulated {

#define SIMULATED_FAULTS(X)                                                                          \
  X(interrupted)           /* EINTR: receive, send, sendfile, read, memory_write, epoll           */ \
  X(sendShort)             /* sendmsg takes less than there is room for; room comes back later    */ \
  X(sendBlocked)           /* EAGAIN from send or sendfile, though there is room                  */ \
  X(sendfileShort)         /* sendfile stops early with room left, as a signal makes it           */ \
  X(sendfileFailed)        /* EIO                                                                 */ \
  X(connectionReset)       /* RST from the network, seen first by receive, send or shutdown       */ \
  X(pipeBroken)            /* EPIPE from send                                                     */ \
  X(edgeSpurious)          /* an edge that brings nothing new                                     */ \
  X(acceptInterrupted)     /* EINTR                                                               */ \
  X(acceptAborted)         /* ECONNABORTED: the connection is gone from the queue                 */ \
  X(acceptNoDescriptor)    /* EMFILE                                                              */ \
  X(acceptNoFile)          /* ENFILE                                                              */ \
  X(acceptNoBuffer)        /* ENOBUFS                                                             */ \
  X(watchNoSpace)          /* ENOSPC from epoll_ctl ADD: max_user_watches                         */ \
  X(watchNoMemory)         /* ENOMEM from epoll_ctl ADD                                           */ \
  X(eventNoDescriptor)     /* EMFILE from eventfd                                                 */ \
  X(cacheMissed)           /* EAGAIN from openat2 with RESOLVE_CACHED                             */ \
  X(openRaced)             /* EAGAIN from openat2 with RESOLVE_BENEATH: a rename somewhere        */ \
  X(openNoDescriptor)      /* EMFILE                                                              */ \
  X(readShort)             /*                                                                     */ \
  X(readFailed)            /* EIO                                                                 */ \
  X(memoryNoDescriptor)    /* EMFILE from memfd_create                                            */ \
  X(memoryNoMemory)        /* ENOMEM from memfd_create, ftruncate, mmap, madvise, pwrite to what grows */ \
  X(memoryWriteShort)      /*                                                                     */ \
  X(poolFull)              /* Pool::submit refuses                                                */ \
  X(leaseDenied)           /* EACCES: another user's file, and no CAP_LEASE                       */ \
  X(leaseUnsupported)      /* EINVAL: the mount has none                                          */ \
  X(signalLate)            /* of a lease break: not now                                           */ \
  X(signalLost)            /* the queue of signals is full: SIGIO instead                         */ \
  X(mapRefused)            /* mmap of a file fails                                                */

enum class Fault : int {
#define X(name) name,
  SIMULATED_FAULTS(X)
#undef X
      count
};

class Faults {
 public:
  explicit Faults(Random& random) : random_(random) {}

  void set(Fault fault, double probability) { of(fault).probability = probability; }
  // The next `times` opportunities, after `skip` more that pass.
  void force(Fault fault, uint32_t times, uint32_t skip) {
    of(fault).skip = skip;
    of(fault).forced = times;
  }
  void calm() {
    for (State& state : states_) state.probability = state.forced = state.skip = 0;
  }
  bool strikes(Fault fault) {
    State& state = of(fault);
    if (state.forced > 0) {
      if (state.skip > 0) {
        --state.skip;
        return false;
      }
      --state.forced;
    } else if (!random_.chance(state.probability)) {
      return false;
    }
    ++state.struck;
    return true;
  }
  uint32_t struck(Fault fault) const { return states_[static_cast<size_t>(fault)].struck; }

 private:
  struct State {
    double probability = 0;
    uint32_t forced = 0;
    uint32_t skip = 0;
    uint32_t struck = 0;
  };
  State& of(Fault fault) { return states_[static_cast<size_t>(fault)]; }

  Random& random_;
  std::array<State, static_cast<size_t>(Fault::count)> states_{};
};

}  // namespace pagecast::simulated
