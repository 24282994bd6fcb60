#include "world.h"

#include <signal.h>
#include <unistd.h>

#include <cstring>

namespace pagecast::simulated {
namespace {

char told[256];
struct sigaction before[NSIG];

void tell(int signal) {
  // Async-signal-safe; whoever was there before (Node, V8) has the last word.
  if (::write(STDERR_FILENO, told, std::strlen(told)) < 0) {}
  ::sigaction(signal, &before[signal], nullptr);
  ::raise(signal);
}

}  // namespace

bool World::guard_turn() {
  const bool before = kernel.blocking_allowed(true);
  while (const std::optional<int> fd = kernel.take_signal()) process.guard.broken(*fd);
  if (kernel.take_overflow()) process.guard.rescan();
  const bool busy = process.guard.turn();
  kernel.blocking_allowed(before);
  return busy;
}

int peer_state(const Socket& of) {
  return (of.saw_end() ? kPeer_ENDED : 0) | (of.saw_reset() ? kPeer_RESET : 0) | (of.accepted ? kPeer_ACCEPTED : 0) |
         (of.broken ? kPeer_BROKEN : 0) | (of.released() ? kPeer_RELEASED : 0) | (of.corked() > 0 ? kPeer_CORKED : 0);
}

void tell_on_crash(const char* replay) {
  std::strncpy(told, replay, sizeof told - 1);
  static bool installed = false;
  if (installed) return;
  installed = true;
  struct sigaction action{};
  action.sa_handler = tell;
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGTERM}) ::sigaction(signal, &action, &before[signal]);
}

}  // namespace pagecast::simulated
