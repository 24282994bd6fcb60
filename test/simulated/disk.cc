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

std::string path_of(const Inode* folder) {
  if (folder->parent == nullptr) return "";
  for (const auto& [name, inode] : folder->parent->entries) {
    if (inode.get() == folder) return path_of(folder->parent) + "/" + name;
  }
  return "(removed)";
}

}  // namespace

size_t pages_of(size_t bytes) { return (bytes + kPageBytes - 1) / kPageBytes; }

Inode::Inode(Disk& of, mode_t type) : disk(of), number(of.free_number()), mode(type) {}

Inode::~Inode() {
  disk.numbers_.erase(number);
  for (const auto& [name, inode] : entries) inode->parent = nullptr;
}

size_t Inode::read(size_t offset, uint8_t* into, size_t length) const {
  const size_t total = offset >= size ? 0 : std::min(length, size - offset);
  for (size_t done = 0; done < total;) {
    const size_t at = (offset + done) % kPageBytes;
    const size_t n = std::min(kPageBytes - at, total - done);
    std::copy_n(pages[(offset + done) / kPageBytes]->bytes.begin() + static_cast<ptrdiff_t>(at), n, into + done);
    done += n;
  }
  return total;
}

void Inode::write(size_t offset, const uint8_t* bytes, size_t length) {
  if (offset + length > size) resize(offset + length);
  for (size_t done = 0; done < length;) {
    const size_t at = (offset + done) % kPageBytes;
    const size_t n = std::min(kPageBytes - at, length - done);
    Page& page = *pages[(offset + done) / kPageBytes];
    std::copy_n(bytes + done, n, page.bytes.begin() + static_cast<ptrdiff_t>(at));
    page.resident = page.dirty = true;
    done += n;
  }
}

void Inode::resize(size_t to) {
  pages.resize(pages_of(to));
  for (auto& page : pages) {
    if (!page) page = std::make_shared<Page>();
  }
  // truncate_pagecache zeroes what is left of the last page, in place.
  if (to < size && to % kPageBytes != 0) std::fill(pages.back()->bytes.begin() + static_cast<ptrdiff_t>(to % kPageBytes), pages.back()->bytes.end(), uint8_t{0});
  size = to;
}

void Inode::write_back() {
  for (const auto& page : pages) page->dirty = false;
}

std::shared_ptr<Inode> Inode::clone() const {
  auto copy = std::make_shared<Inode>(disk, mode);
  copy->size = size;
  for (const auto& page : pages) {
    copy->pages.push_back(std::make_shared<Page>(*page));
    copy->pages.back()->resident = copy->pages.back()->dirty = false;
  }
  copy->modified_ns = modified_ns;
  copy->changed_ns = changed_ns;
  return copy;
}

Disk::Disk(const int64_t& now_ns, bool multigrain) : now_ns_(now_ns), multigrain_(multigrain), root_(std::make_shared<Inode>(*this, S_IFDIR)) {}

ino_t Disk::free_number() {
  ino_t number = 11;
  while (numbers_.contains(number)) ++number;
  numbers_.insert(number);
  return number;
}

int64_t Disk::coarse_now() const { return now_ns_ - now_ns_ % kTickNs; }

// fs/inode.c, inode_set_ctime_current: exact where the time before was looked at, and never before such a time.
void Disk::changed(Inode& inode) {
  int64_t now = coarse_now();
  if (multigrain_ && inode.asked) now = finest_ns_ = std::max(now_ns_, finest_ns_ < now + kTickNs ? finest_ns_ + 1 : 0);
  else if (multigrain_ && finest_ns_ > now && finest_ns_ < now + kTickNs) now = finest_ns_;
  inode.asked = false;
  inode.modified_ns = inode.changed_ns = now;
}

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

std::shared_ptr<Inode> Disk::regular(const std::string& path) {
  const Found found = walk(root_, path, 0, false);
  return found.error == 0 && S_ISREG(found.inode->mode) ? found.inode : nullptr;
}

void Disk::put(const std::string& path, const uint8_t* bytes, size_t length, int64_t modified_ns) {
  const Place place = this->place(path);
  const auto inode = std::make_shared<Inode>(*this, S_IFREG);
  inode->write(0, bytes, length);
  changed(*inode);
  if (modified_ns >= 0) inode->modified_ns = modified_ns;
  place.folder->entries[place.name] = inode;
}

void Disk::write(Inode& inode, size_t offset, const uint8_t* bytes, size_t length) {
  inode.write(offset, bytes, length);
  changed(inode);
}

void Disk::truncate(Inode& inode, size_t size) {
  inode.resize(size);
  changed(inode);
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
  const auto inode = regular(path);
  if (!inode) return;
  inode->write_back();
  for (const auto& page : inode->pages) {
    if (!referenced(page)) page->resident = false;
  }
}

void Disk::sync(const std::string& path) {
  if (const auto inode = regular(path)) inode->write_back();
}

int64_t resident_pages(const Inode& inode, size_t offset, size_t length) {
  const size_t end = std::min(pages_of(offset + length), inode.pages.size());
  int64_t count = 0;
  for (size_t page = offset / kPageBytes; page < end; ++page) count += inode.pages[page]->resident;
  return count;
}

int64_t make_resident(Inode& inode, size_t offset, size_t length) {
  const size_t end = std::min(pages_of(offset + length), inode.pages.size());
  int64_t cold = 0;
  for (size_t page = offset / kPageBytes; page < end; ++page) {
    cold += !inode.pages[page]->resident;
    inode.pages[page]->resident = true;
  }
  return cold;
}

void fill_status(Inode& inode, struct stat& out) {
  inode.asked = true;
  out = {};
  out.st_dev = 1;
  out.st_ino = inode.number;
  out.st_mode = inode.mode | 0644;
  out.st_size = static_cast<off_t>(inode.size);
  out.st_mtim = {inode.modified_ns / 1'000'000'000, inode.modified_ns % 1'000'000'000};
  out.st_ctim = {inode.changed_ns / 1'000'000'000, inode.changed_ns % 1'000'000'000};
}

}  // namespace pagecast::simulated
