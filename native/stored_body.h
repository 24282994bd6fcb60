// A body of the store on disk: a file of which the first bytes are the body, and checksums follow, one for each block
// (cache/store/disk/checksums.ts has the format). No block is sent before it was seen to be what was stored.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "kernel.h"

namespace pagecast {

struct StoredName {
  std::string id;  // empty: it is no stored body
  uint64_t bytes = 0;
};

class StoredBody {
 public:
  explicit StoredBody(StoredName name);

  // Pool threads. The file has the length and the footer of the body of that name: 0, or -EBADMSG, or -errno.
  static int check_whole(Kernel& kernel, int fd, const StoredName& name);
  // Looks at the blocks of these bytes that nobody has looked at. Where one is not what was stored, the body is damaged.
  void verify(Kernel& kernel, int fd, uint64_t base, uint64_t offset, uint64_t length);

  // How many bytes from `offset` on are known to be what was stored.
  uint64_t sound_from(uint64_t offset) const;
  bool is(const StoredName& name) const { return name_.id == name.id && name_.bytes == name.bytes; }
  bool is_damaged() const { return damaged_.load(std::memory_order_acquire); }

 private:
  uint64_t blocks() const;
  bool is_sound(Kernel& kernel, int fd, uint64_t base, uint64_t block) const;

  const StoredName name_;
  const std::unique_ptr<std::atomic<bool>[]> sound_;  // a block each
  std::atomic<bool> damaged_{false};
};

}  // namespace pagecast
