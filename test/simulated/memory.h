// memfd_create(2), its seals and its mappings, on real memory: mapped pages are read-only to everybody but pwrite, and
// what was unmapped stays reserved and unreadable until the world ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "readiness.h"

namespace pagecast::simulated {

class Mappings;

struct Memory final : Object {
  explicit Memory(const char* of) : Object(Kind::memory), name(of) {}
  const std::string name;
  uint8_t* base = nullptr;
  size_t size = 0;
  bool sealed = false;
  bool sent = false;  // a socket may refer to its pages
};

class Mappings {
 public:
  ~Mappings();
  int resize(Memory& memory, size_t size);  // once
  void write(Memory& memory, const uint8_t* bytes, size_t length, size_t offset);
  bool unmap(const uint8_t* base, size_t length);  // false: not mapped, or not as a whole
  // Whether the engine may read these bytes; its other memory is its own affair.
  bool readable(const void* bytes, size_t length) const;
  void mapped(const Memory& memory) { region_at(memory.base)->live = true; }

 private:
  struct Region {
    uint8_t* base;
    size_t size;
    bool live;
  };
  Region* region_at(const uint8_t* base);
  std::vector<Region> regions_;
};

}  // namespace pagecast::simulated
