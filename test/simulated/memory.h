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
  // A body that arrives was given no size: it grows with what is written to it, and is never mapped.
  bool grows() const { return name == "pagecast-body"; }
  std::vector<uint8_t> grown;
  void grow(size_t to) {
    grown.resize(std::max(to, grown.size()));
    base = grown.data();
    size = grown.size();
  }
  std::vector<std::pair<size_t, size_t>> sent;  // [from, to): a socket may refer to these bytes
  void was_sent_now(size_t from, size_t to) {
    if (!grows() || sent.empty()) sent.emplace_back(grows() ? 0 : from, to);
    else sent.front().second = std::max(sent.front().second, to);
  }
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
