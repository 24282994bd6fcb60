#include "disk.h"

#include <linux/openat2.h>

#include <algorithm>
#include <cerrno>

namespace pagecast::simulated {
namespace {

constexpr int64_t kTickNs = 4'000'000;  // CONFIG_HZ=250: what timestamps are told in before multigrain ones
constexpr int kLinksMax = 40;           // path_resolution(7)
constexpr size_t kNameMax = 255;

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> names;
  for (size_t start = 0; start < path.size();) {
    const size_t slash = std::min(path.find('/', start), path.size());
    if (slash > start) names.push_back(path.substr(start, slash - start));
    start = slash + 1;
  }
  return names;
}

size_t pages_of(size_t bytes) { return (bytes + kPageBytes - 1) / kPageBytes; }

std::string path_of(const Inode* folder) {
  if (folder->parent == nullptr) return "";
  for (const auto& [name, inode] : folder->parent->entries) {
    if (inode.get() == folder) return path_of(folder->parent) + "/" + name;
  }
  return "(removed)";
}

}  // namespace

Inode::Inode(Disk& of, mode_t type) : disk(of), number(of.free_number()), mode(type) {}

Inode::~Inode() {
  disk.numbers_.erase(number);
  for (const auto& [name, inode] : entries) inode->parent = nullptr;
}

void Inode::resize(size_t size) {
  content.resize(size);
  resident.resize(pages_of(size), true);  // what is written is in the page cache
}

Disk::Disk(const int64_t& now_ns) : now_ns_(now_ns), root_(std::make_shared<Inode>(*this, S_IFDIR)) {}

ino_t Disk::free_number() {
  ino_t number = 11;
  while (numbers_.contains(number)) ++number;
  numbers_.insert(number);
  return number;
}

int64_t Disk::coarse_now() const { return now_ns_ - now_ns_ % kTickNs; }

Disk::Found Disk::walk(const std::shared_ptr<Inode>& start, const std::string& path, uint64_t resolve, bool nofollow) {
  const bool beneath = resolve & RESOLVE_BENEATH;
  if (path.empty()) return {-ENOENT, nullptr, ""};
  if (path[0] == '/' && beneath) return {-EXDEV, nullptr, ""};
  std::shared_ptr<Inode> at = path[0] == '/' ? root_ : start;
  std::shared_ptr<Inode> folder = at;
  std::string last;
  std::vector<std::string> names = split(path);
  std::reverse(names.begin(), names.end());
  for (int links = 0; !names.empty();) {
    const std::string name = names.back();
    names.pop_back();
    if (!S_ISDIR(at->mode)) return {-ENOTDIR, nullptr, ""};
    if (name.size() > kNameMax) return {-ENAMETOOLONG, nullptr, ""};
    if (name == ".") continue;
    if (name == "..") {
      if (beneath && at == start) return {-EXDEV, nullptr, ""};
      if (at->parent != nullptr) at = at->parent->shared_from_this();
      continue;
    }
    const auto found = at->entries.find(name);
    if (found == at->entries.end()) return {-ENOENT, nullptr, ""};
    if (!S_ISLNK(found->second->mode)) {
      folder = at;
      last = name;
      at = found->second;
      continue;
    }
    if ((resolve & RESOLVE_NO_SYMLINKS) || (nofollow && names.empty()) || ++links > kLinksMax) return {-ELOOP, nullptr, ""};
    const std::string& target = found->second->target;
    if (target[0] == '/') {
      if (beneath) return {-EXDEV, nullptr, ""};
      at = root_;
    }
    std::vector<std::string> more = split(target);
    names.insert(names.end(), more.rbegin(), more.rend());
  }
  if (S_ISREG(at->mode) && path.back() == '/') return {-ENOTDIR, nullptr, ""};
  const std::string real = S_ISDIR(at->mode) ? path_of(at.get()) : path_of(folder.get()) + "/" + last;
  return {0, at, real.empty() ? "/" : real};
}

Disk::Place Disk::place(const std::string& path) {
  std::vector<std::string> names = split(path);
  Place place{root_, names.back()};
  names.pop_back();
  for (const std::string& name : names) {
    std::shared_ptr<Inode>& next = place.folder->entries[name];
    if (!next) {
      next = std::make_shared<Inode>(*this, S_IFDIR);
      next->parent = place.folder.get();
      next->modified_ns = next->changed_ns = coarse_now();
    }
    place.folder = next;
  }
  return place;
}

Inode* Disk::regular(const std::string& path) {
  const Found found = walk(root_, path, 0, false);
  return found.error == 0 && S_ISREG(found.inode->mode) ? found.inode.get() : nullptr;
}

void Disk::put(const std::string& path, const uint8_t* bytes, size_t length, int64_t modified_ns) {
  const Place place = this->place(path);
  const auto inode = std::make_shared<Inode>(*this, S_IFREG);
  inode->resize(length);
  std::copy_n(bytes, length, inode->content.begin());
  inode->changed_ns = coarse_now();
  inode->modified_ns = modified_ns < 0 ? inode->changed_ns : modified_ns;
  place.folder->entries[place.name] = inode;
}

void Disk::overwrite(const std::string& path, const uint8_t* bytes, size_t length) {
  Inode* inode = regular(path);
  if (inode == nullptr) return;
  inode->resize(length);
  std::copy_n(bytes, length, inode->content.begin());
  inode->modified_ns = inode->changed_ns = coarse_now();
}

void Disk::truncate(const std::string& path, size_t size) {
  Inode* inode = regular(path);
  if (inode == nullptr) return;
  inode->resize(size);
  inode->modified_ns = inode->changed_ns = coarse_now();
}

void Disk::remove(const std::string& path) {
  const Place place = this->place(path);
  place.folder->entries.erase(place.name);
}

void Disk::link(const std::string& path, const std::string& target) {
  const Place place = this->place(path);
  const auto inode = std::make_shared<Inode>(*this, S_IFLNK);
  inode->target = target;
  inode->modified_ns = inode->changed_ns = coarse_now();
  place.folder->entries[place.name] = inode;
}

void Disk::evict(const std::string& path) {
  if (Inode* inode = regular(path)) std::fill(inode->resident.begin(), inode->resident.end(), false);
}

int64_t resident_pages(const Inode& inode, size_t offset, size_t length) {
  const size_t end = std::min(pages_of(offset + length), inode.resident.size());
  int64_t count = 0;
  for (size_t page = offset / kPageBytes; page < end; ++page) count += inode.resident[page];
  return count;
}

void make_resident(Inode& inode, size_t offset, size_t length) {
  const size_t end = std::min(pages_of(offset + length), inode.resident.size());
  for (size_t page = offset / kPageBytes; page < end; ++page) inode.resident[page] = true;
}

void fill_status(const Inode& inode, struct stat& out) {
  out = {};
  out.st_dev = 1;
  out.st_ino = inode.number;
  out.st_mode = inode.mode | 0644;
  out.st_size = static_cast<off_t>(inode.content.size());
  out.st_mtim = {inode.modified_ns / 1'000'000'000, inode.modified_ns % 1'000'000'000};
  out.st_ctim = {inode.changed_ns / 1'000'000'000, inode.changed_ns % 1'000'000'000};
}

}  // namespace pagecast::simulated
