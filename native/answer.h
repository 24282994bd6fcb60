// An answer on its way out: a row of spans that shrinks from the front while the kernel takes bytes.
//
//   [ bytes | arena | file | bytes | ... ]      bytes: the tx area, or our own copy once the tick is over
//
// Memory spans next to each other leave in one sendmsg, corked (MSG_MORE) when a file follows; files leave by
// sendfile, in quanta, and never before their pages are in memory. What a file's bytes are sent from, its record says
// anew before each quantum:
//
//   private memory > leased pages (to peers on this host: a copy of them) > snapshot > pages to be verified at the end
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "connection.h"
#include "files.h"
#include "kernel.h"
#include "layout.h"

namespace pagecast {

struct Span {
  int32_t kind;
  File* file;            // arena and file spans
  const uint8_t* data;   // bytes spans
  uint64_t offset;       // arena and file spans: into the file
  uint64_t length;
  uint64_t warm_until = 0;  // file spans: offset up to which it was just read ahead
};

constexpr bool is_growing(int32_t kind) { return kind == kSpanKind_GROWING || kind == kSpanKind_CHUNKED; }

enum class Progress {
  done,
  blocked,   // the socket is full: EPOLLOUT will tell
  yielded,   // the quantum is used up
  cold,      // pages of the first span are not in memory
  parked,    // the first span's file is being broken: Engine::heed will tell
  unproven,  // what is left may be sent only when the file is seen not to have changed: Engine::prove
  starving,  // the first span is of a body that arrives, and nothing more of it is known to be there
  failed,    // see error
};

struct Advance {
  Progress progress;
  int error;  // -errno, or -kReason_FILE_SHORTENED, -kReason_FILE_CHANGED
};

struct SendContext {
  Kernel& kernel;
  double* counters;
  int64_t ticks_ms;
  bool copy_for_unknown;  // see GuardLimits
  int unsent_bytes_max;   // 0: the system's
};

// How much of the front file span is to be looked at, and read ahead, at once.
constexpr uint64_t kWindowBytes = 1u << 20;
// The most one connection sends before the others have their turn.
constexpr uint64_t kQuantumBytes = 1u << 20;

// What is withheld of an answer from a file that may change, until it is seen not to have.
constexpr uint64_t kWithheldBytes = 16u << 10;

// Sends spans[first..] as far as the socket takes them. Counts what it sent in `sent`, the connection's bytes so far.
Advance advance(SendContext& context, Connection& connection, std::vector<Span>& spans, size_t& first, double& sent);

// An answer that outlives its tick: owns its bytes and holds a reference to each of its files.
struct Pending {
  std::vector<Span> spans;
  size_t first = 0;
  std::unique_ptr<uint8_t[]> bytes;
  struct Frame {
    char text[24];
    uint64_t length;
  };
  std::deque<Frame> frames;          // of chunks, while their spans are there
  bool expanded = false;             // some of a growing span has become spans of its own
  std::unique_ptr<uint8_t[]> proven;  // the end of a file, once it was seen not to have changed
  int32_t after = 0;

  // Takes over what is left of spans[first..].
  static Pending own(const std::vector<Span>& spans, size_t first, int32_t after);
};

}  // namespace pagecast
