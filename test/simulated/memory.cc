#include "memory.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

namespace pagecast::simulated {

Mappings::~Mappings() {
  for (const Region& region : regions_) ::munmap(region.base, region.size);
}

int Mappings::resize(Memory& memory, size_t size) {
  void* base = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) return -ENOMEM;
  memory.base = static_cast<uint8_t*>(base);
  memory.size = size;
  regions_.push_back({memory.base, size, false});
  return 0;
}

void Mappings::write(Memory& memory, const uint8_t* bytes, size_t length, size_t offset) {
  ::mprotect(memory.base, memory.size, PROT_READ | PROT_WRITE);
  std::memcpy(memory.base + offset, bytes, length);
  ::mprotect(memory.base, memory.size, PROT_READ);
}

bool Mappings::unmap(const uint8_t* base, size_t length) {
  Region* region = region_at(base);
  if (region == nullptr || region->size != length || !region->live) return false;
  region->live = false;
  ::madvise(region->base, region->size, MADV_DONTNEED);
  ::mprotect(region->base, region->size, PROT_NONE);
  return true;
}

bool Mappings::readable(const void* bytes, size_t length) const {
  const auto* start = static_cast<const uint8_t*>(bytes);
  for (const Region& region : regions_) {
    if (start + length <= region.base || start >= region.base + region.size) continue;
    return region.live && start >= region.base && start + length <= region.base + region.size;
  }
  return true;
}

Mappings::Region* Mappings::region_at(const uint8_t* base) {
  for (Region& region : regions_) {
    if (region.base == base) return &region;
  }
  return nullptr;
}

}  // namespace pagecast::simulated
