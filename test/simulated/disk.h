// A file tree in memory: inodes with pages in or out of the page cache, and times; names that lead to them. Replacing a
// file gives its name to a new inode; changing it in place shows to everybody who has it open, or refers to its pages.
// Inode numbers are used again, timestamps come from a coarse clock, but for kernels with multigrain ones (6.13).
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "page.h"
#include "readiness.h"

namespace pagecast::simulated {

class Disk;

struct Inode : std::enable_shared_from_this<Inode> {
  Inode(Disk& disk, mode_t mode);
  ~Inode();
  Inode(const Inode&) = delete;

  Disk& disk;
  const ino_t number;
  const mode_t mode;  // S_IFREG, S_IFDIR or S_IFLNK
  size_t size = 0;
  std::vector<std::shared_ptr<Page>> pages;
  std::string target;          // of a symbolic link
  std::map<std::string, std::shared_ptr<Inode>> entries;
  Inode* parent = nullptr;     // of a directory
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;
  bool asked = false;          // its times were looked at since they last moved
  int writers = 0;             // i_writecount: who has it open for writing, or waits to have

  size_t read(size_t offset, uint8_t* into, size_t length) const;
  void write(size_t offset, const uint8_t* bytes, size_t length);  // in the page cache; makes it longer
  void resize(size_t to);  // pages beyond the end are let go, not changed
  void write_back();       // no page is dirty
  std::shared_ptr<Inode> clone() const;  // FICLONE: extents are shared, the page cache is not
};

struct OpenFile final : Object {
  OpenFile(Kind kind, std::shared_ptr<Inode> opened, std::string real_path) : Object(kind), inode(std::move(opened)), path(std::move(real_path)) {}
  const std::shared_ptr<Inode> inode;
  const std::string path;
  int mappings = 0;
};

class Disk {
 public:
  Disk(const int64_t& now_ns, bool multigrain);

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
  void write(Inode& inode, size_t offset, const uint8_t* bytes, size_t length);
  void truncate(Inode& inode, size_t size);
  void remove(const std::string& path);
  void link(const std::string& path, const std::string& target);
  void evict(const std::string& path);  // its pages leave the page cache, but for those that somebody refers to
  void sync(const std::string& path);
  std::shared_ptr<Inode> regular(const std::string& path);  // null: no such file

 private:
  friend struct Inode;
  struct Place {
    std::shared_ptr<Inode> folder;
    std::string name;
  };
  ino_t free_number();
  Place place(const std::string& path);
  int64_t coarse_now() const;
  void changed(Inode& inode);

  const int64_t& now_ns_;
  const bool multigrain_;
  int64_t finest_ns_ = 0;  // the last time that was told exactly
  std::set<ino_t> numbers_;  // in use
  std::shared_ptr<Inode> root_;
};

size_t pages_of(size_t bytes);
int64_t resident_pages(const Inode& inode, size_t offset, size_t length);
// How many were not.
int64_t make_resident(Inode& inode, size_t offset, size_t length);
void fill_status(Inode& inode, struct stat& out);

}  // namespace pagecast::simulated
