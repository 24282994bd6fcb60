// mmap(2) of files, for send(2) alone: an address range that nobody can read but the simulated kernel, which copies from
// what the file is at that moment. Pages that were looked at stay referred to until the range is unmapped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "disk.h"

namespace pagecast::simulated {

class FileMappings {
 public:
  ~FileMappings();
  const uint8_t* map(const std::shared_ptr<OpenFile>& file, size_t length);
  bool unmap(const uint8_t* base, size_t length);

  struct Place {
    OpenFile* file;  // null: it was unmapped
    size_t offset;
  };
  // Where memory is a mapping of a file, or was.
  bool find(const void* bytes, Place& out) const;
  // Copies as send(2) does: how many bytes, less where the file has ended. `cold`: pages that had to be read.
  size_t copy(const void* bytes, size_t length, uint8_t* into, uint64_t& cold);
  size_t count() const;

 private:
  struct Mapping {
    uint8_t* base;
    size_t size;
    std::shared_ptr<OpenFile> file;
    std::set<std::shared_ptr<Page>> touched;
  };
  const Mapping* at(const void* bytes) const;

  std::vector<Mapping> mappings_;
};

}  // namespace pagecast::simulated
