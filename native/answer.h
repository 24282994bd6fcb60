// An answer on its way out: a row of spans that shrinks from the front while the kernel takes bytes.
//
//   [ bytes | arena | file | bytes | ... ]      bytes: the tx area, or our own copy once the tick is over
//
// Memory spans next to each other leave in one sendmsg, corked (MSG_MORE) when a file follows; files leave by
// sendfile, in quanta, and never before their pages are in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "files.h"
#include "kernel.h"

namespace pagecast {

struct Span {
  int32_t kind;
  File* file;            // arena and file spans
  const uint8_t* data;   // bytes spans
  uint64_t offset;       // arena and file spans: into the file
  uint64_t length;
  uint64_t warm_until = 0;  // file spans: offset up to which it was just read ahead
};

enum class Progress {
  done,
  blocked,   // the socket is full: EPOLLOUT will tell
  yielded,   // the quantum is used up
  cold,      // pages of the first span are not in memory
  failed,    // see error
};

struct Advance {
  Progress progress;
  int error;  // -errno, or -kReason_FILE_SHORTENED
};

struct SendContext {
  Kernel& kernel;
  double* counters;
  int64_t ticks_ms;
};

// How much of the front file span is to be looked at, and read ahead, at once.
constexpr uint64_t kWindowBytes = 1u << 20;
// The most one connection sends before the others have their turn.
constexpr uint64_t kQuantumBytes = 1u << 20;

// Sends spans[first..] as far as the socket takes them. Counts what it sent in `sent`.
Advance advance(SendContext& context, int socket, std::vector<Span>& spans, size_t& first, double& sent);

// An answer that outlives its tick: owns its bytes and holds a reference to each of its files.
struct Pending {
  std::vector<Span> spans;
  size_t first = 0;
  std::unique_ptr<uint8_t[]> bytes;
  int32_t after = 0;

  // Takes over what is left of spans[first..].
  static Pending own(const std::vector<Span>& spans, size_t first, int32_t after);
};

}  // namespace pagecast
