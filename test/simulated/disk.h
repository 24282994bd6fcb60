// A file tree in memory: inodes with content, times and pages in or out of the page cache; names that lead to them.
// Replacing a file gives its name to a new inode; changing it in place shows to everybody who has it open. Inode
// numbers are used again, timestamps come from a coarse clock: what is told apart by them must not be told by less.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "readiness.h"

namespace pagecast::simulated {

constexpr size_t kPageBytes = 4096;

class Disk;

struct Inode : std::enable_shared_from_this<Inode> {
  Inode(Disk& disk, mode_t mode);
  ~Inode();
  Inode(const Inode&) = delete;

  Disk& disk;
  const ino_t number;
  const mode_t mode;  // S_IFREG, S_IFDIR or S_IFLNK
  std::vector<uint8_t> content;
  std::vector<bool> resident;  // a page each
  std::string target;          // of a symbolic link
  std::map<std::string, std::shared_ptr<Inode>> entries;
  Inode* parent = nullptr;     // of a directory
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;

  void resize(size_t size);
};

struct OpenFile final : Object {
  OpenFile(Kind kind, std::shared_ptr<Inode> opened, std::string real_path) : Object(kind), inode(std::move(opened)), path(std::move(real_path)) {}
  const std::shared_ptr<Inode> inode;
  const std::string path;
};

class Disk {
 public:
  explicit Disk(const int64_t& now_ns);

  struct Found {
    int error = 0;  // -errno
    std::shared_ptr<Inode> inode;
    std::string path;  // absolute, real
  };
  // openat2(2): `resolve` 0 is openat(2). `nofollow` concerns the last name.
  Found walk(const std::shared_ptr<Inode>& start, const std::string& path, uint64_t resolve, bool nofollow);
  const std::shared_ptr<Inode>& root() const { return root_; }

  // What goes on besides the engine. Paths are absolute; folders on the way are made.
  void put(const std::string& path, const uint8_t* bytes, size_t length, int64_t modified_ns);  // as rename(2) does; -1: now
  void overwrite(const std::string& path, const uint8_t* bytes, size_t length);                 // in place
  void truncate(const std::string& path, size_t size);
  void remove(const std::string& path);
  void link(const std::string& path, const std::string& target);
  void evict(const std::string& path);  // its pages leave the page cache

 private:
  friend struct Inode;
  struct Place {
    std::shared_ptr<Inode> folder;
    std::string name;
  };
  ino_t free_number();
  Place place(const std::string& path);
  Inode* regular(const std::string& path);
  int64_t coarse_now() const;

  const int64_t& now_ns_;
  std::set<ino_t> numbers_;  // in use
  std::shared_ptr<Inode> root_;
};

int64_t resident_pages(const Inode& inode, size_t offset, size_t length);
void make_resident(Inode& inode, size_t offset, size_t length);
void fill_status(const Inode& inode, struct stat& out);

}  // namespace pagecast::simulated
