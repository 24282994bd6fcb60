// memfd_create(2), its seals and its mappings, on real memory: mapped pages are read-only to everybody but pwrite, and
// what was unmapped stays reserved and unreadable until the world ends.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
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
  bool written = false;
  std::vector<std::pair<size_t, size_t>> sent;  // [from, to): a socket may refer to these bytes
  bool was_sent(size_t from, size_t to) const {
    return std::any_of(sent.begin(), sent.end(), [=](const auto& range) { return range.first < to && from < range.second; });
  }
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
