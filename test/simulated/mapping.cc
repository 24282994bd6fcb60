#include "mapping.h"

#include <sys/mman.h>

#include <algorithm>

namespace pagecast::simulated {

FileMappings::~FileMappings() {
  for (const Mapping& mapping : mappings_) ::munmap(mapping.base, mapping.size);
}

const uint8_t* FileMappings::map(const std::shared_ptr<OpenFile>& file, size_t length) {
  void* base = ::mmap(nullptr, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) return nullptr;
  mappings_.push_back({static_cast<uint8_t*>(base), length, file, {}});
  ++file->mappings;
  return mappings_.back().base;
}

// The range stays reserved: use after this is seen.
bool FileMappings::unmap(const uint8_t* base, size_t length) {
  for (Mapping& mapping : mappings_) {
    if (mapping.base != base || mapping.size != length || !mapping.file) continue;
    --mapping.file->mappings;
    mapping.file.reset();
    mapping.touched.clear();
    return true;
  }
  return false;
}

const FileMappings::Mapping* FileMappings::at(const void* bytes) const {
  const auto* start = static_cast<const uint8_t*>(bytes);
  for (const Mapping& mapping : mappings_) {
    if (start >= mapping.base && start < mapping.base + mapping.size) return &mapping;
  }
  return nullptr;
}

bool FileMappings::find(const void* bytes, Place& out) const {
  const Mapping* mapping = at(bytes);
  if (mapping == nullptr) return false;
  out = {mapping->file.get(), static_cast<size_t>(static_cast<const uint8_t*>(bytes) - mapping->base)};
  return true;
}

size_t FileMappings::copy(const void* bytes, size_t length, uint8_t* into, uint64_t& cold) {
  auto* mapping = const_cast<Mapping*>(at(bytes));
  Inode& inode = *mapping->file->inode;
  const auto offset = static_cast<size_t>(static_cast<const uint8_t*>(bytes) - mapping->base);
  // The rest of the last page reads as zeroes; beyond it is EFAULT.
  const size_t end = std::min(offset + length, inode.pages.size() * kPageBytes);
  if (offset >= end) return 0;
  cold += static_cast<uint64_t>(make_resident(inode, offset, end - offset));
  for (size_t done = offset; done < end;) {
    const auto& page = inode.pages[done / kPageBytes];
    const size_t n = std::min(kPageBytes - done % kPageBytes, end - done);
    std::copy_n(page->bytes.begin() + static_cast<ptrdiff_t>(done % kPageBytes), n, into + (done - offset));
    mapping->touched.insert(page);
    done += n;
  }
  return end - offset;
}

size_t FileMappings::count() const {
  return static_cast<size_t>(std::count_if(mappings_.begin(), mappings_.end(), [](const Mapping& mapping) { return mapping.file != nullptr; }));
}

}  // namespace pagecast::simulated
