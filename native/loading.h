// A file becomes a record: leased where that is granted, read once where it is small, copied into private memory where
// that is what protects it. In a pool thread.
#pragma once

#include <array>
#include <vector>

#include "arena.h"
#include "files.h"
#include "kernel.h"
#include "private_memory.h"

namespace pagecast {

using Digest = std::array<uint8_t, 32>;  // SHA-256
Digest digest_of(const std::vector<uint8_t>& bytes);

// A complete copy of `file` becomes the one that is sent.
void publish(PrivateMemory& memory, File& file, PrivateCopy& copy);

class Loading {
 public:
  // `last`: nobody will try again; what changes all the time is then taken unread.
  Loading(Kernel& kernel, Arena& arena, PrivateMemory& memory, Guard& guard, File& file, const LoadLimits& limits, bool last);
  // 0; -EBUSY: somebody has it open for writing; -EAGAIN: it changed while it was read; -errno.
  int run(const Earlier& earlier);

 private:
  int lease();
  int64_t quiet_for(const Earlier& earlier) const;
  bool is_quiet(int64_t for_ns) const;
  int read(size_t prefix, Digest* prefix_digest);
  int read_through(size_t prefix, Digest* prefix_digest);
  int take_grown(const Earlier& earlier);
  int conclude();

  Kernel& kernel_;
  Arena& arena_;
  PrivateMemory& memory_;
  Guard& guard_;
  File& file_;
  const LoadLimits& limits_;
  const bool last_;
  const size_t size_;
  bool leased_ = false;
  bool to_arena_ = false;
  bool has_zeros_ = false;  // behind the prefix
  PrivateCopy copy_;
};

}  // namespace pagecast
