// A world: kernel, pool and process, as one driver uses them. Engines of the Process are made by TypeScript. The guard
// has no thread here: it turns when the driver says so, never within a call of an engine.
#pragma once

#include <memory>

#include "../../native/engine.h"
#include "kernel.h"
#include "pool.h"

namespace pagecast::simulated {

struct World {
  World(uint64_t seed, const Features& features)
      : kernel(seed, features), pool(new SimulatedPool(kernel)), process(kernel, std::unique_ptr<Pool>(pool)) {
    process.guard.begin(SimulatedKernel::kGuardThread, SimulatedKernel::kLeaseSignal);
  }

  // Once around the loop of native/guard_thread.cc. True while breaks are under way.
  bool guard_turn();

  SimulatedKernel kernel;
  SimulatedPool* pool;  // the process's
  Process process;
  uint64_t put_off = 0;  // the next act of the driver happens so many calls later; 0: now
};

// What a peer sees of its connection.
#define SIMULATED_PEER_STATES(X)                                                        \
  X(ENDED, 1)     /* FIN, and everything before it was read                          */ \
  X(RESET, 2)     /* RST: what was not read by then is lost                          */ \
  X(ACCEPTED, 4)  /* by the engine                                                   */ \
  X(BROKEN, 8)    /* an injected fault ended it                                      */ \
  X(RELEASED, 16) /* the engine's descriptor is closed                               */ \
  X(CORKED, 32)   /* bytes wait behind MSG_MORE                                      */

enum PeerState : int {
#define X(name, number) kPeer_##name = number,
  SIMULATED_PEER_STATES(X)
#undef X
};
int peer_state(const Socket& of);

// Prints what to run, when an assertion of the engine or a crash ends this process.
void tell_on_crash(const char* replay);

}  // namespace pagecast::simulated
