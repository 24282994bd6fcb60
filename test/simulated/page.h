// A page of a file: its bytes, and whether the page cache holds it. Whoever else may look at it later (a socket's queue,
// a mapping) shares its ownership; what only the inode owns can be dropped.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace pagecast::simulated {

constexpr size_t kPageBytes = 4096;

struct Page {
  std::array<uint8_t, kPageBytes> bytes{};
  bool resident = true;
  bool dirty = false;
};

inline bool referenced(const std::shared_ptr<Page>& page) { return page.use_count() > 1; }

}  // namespace pagecast::simulated
