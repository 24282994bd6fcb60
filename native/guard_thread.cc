#include "guard_thread.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "guard.h"

namespace pagecast {
namespace {

// Nobody else's in a Node process. The kernel falls back to SIGIO when no more realtime signals can be queued
// (RLIMIT_SIGPENDING); its default action ends a process, so it is blocked and taken like the other.
int lease_signal() { return SIGRTMIN + 9; }

constexpr timespec kWhileBreaking{0, 500'000};
constexpr timespec kWhileQuiet{1, 0};

void watch(Guard& guard, const sigset_t& signals) {
  bool busy = false;
  for (;;) {
    siginfo_t info;
    int signal = ::sigtimedwait(&signals, &info, busy ? &kWhileBreaking : &kWhileQuiet);
    while (signal > 0) {
      if (signal == SIGIO) guard.rescan();
      else if (info.si_fd >= 0 && info.si_code > 0) guard.broken(info.si_fd);
      constexpr timespec kNow{0, 0};
      signal = ::sigtimedwait(&signals, &info, &kNow);
    }
    busy = guard.turn();
  }
}

}  // namespace

void start_guard_thread(Guard& guard) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // the new thread begins with everything blocked
  struct Start {
    std::mutex mutex;
    std::condition_variable begun;
    bool done = false;
  } start;
  std::thread([&guard, &start] {
    ::pthread_setname_np(::pthread_self(), "pagecast-guard");
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, lease_signal());
    ::sigaddset(&signals, SIGIO);
    guard.begin(static_cast<int>(::syscall(SYS_gettid)), lease_signal());
    {
      std::lock_guard lock(start.mutex);
      start.done = true;
      start.begun.notify_one();
    }
    watch(guard, signals);
  }).detach();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  std::unique_lock lock(start.mutex);
  start.begun.wait(lock, [&] { return start.done; });
}

}  // namespace pagecast
