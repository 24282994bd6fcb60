// What this kernel and one mount allow, found out by trying: never from a version number or the name of a filesystem.
// Where the engine makes a call through its kernel table, so do the probes: they see what it will see. Nothing is
// left behind: files of ours have no name, and a lease is given back before its probe returns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernel.h"

namespace pagecast {

// Empty: not tried, for want of a file to try it on. Negative: -errno.
using Outcome = std::optional<int64_t>;

// What can be learned from one open file.
struct FileProbe {
  Outcome sent;          // sendfile(2): bytes that arrived as they are in the file; -EBADMSG: they did not
  Outcome lease;         // F_SETLEASE: 0 when a read lease was granted and seen by F_GETLEASE
  Outcome cached_pages;  // cachestat(2), of a page that was just read: at least 1 where it works
};

struct MountProbe {
  int directory = 0;  // 0 or -errno: without it nothing else was tried
  int64_t type = 0;   // statfs(2): f_type
  const char* type_name = "";
  int64_t mount_id = -1;  // the first field of a line in /proc/self/mountinfo

  Outcome beneath;  // openat2(2), RESOLVE_BENEATH: 0 when "." opened and ".." was refused with EXDEV
  Outcome cached;   // openat2(2), RESOLVE_CACHED, of the sample's name: 0; -EAGAIN where names do not stay in the cache

  Outcome unnamed_file;  // O_TMPFILE in the directory: 0; without it nothing below is tried, down to `sample`
  FileProbe own;
  Outcome lease_breaks;          // opening a leased file for writing: -EAGAIN (O_NONBLOCK) is what protects; 0: the writer got in
  Outcome lease_beside_writer;   // a lease while a writable mapping exists: -EAGAIN is right; 0: granted nevertheless
  Outcome cached_pages_dropped;  // cachestat(2) after POSIX_FADV_DONTNEED of a clean page: 0 where pages can be dropped
  Outcome clone;                 // ioctl FICLONE between two unnamed files
  int edits = 0;                 // that were made to see whether fstat(2) tells them apart
  int edits_told_apart = 0;      // by ctime
  int64_t stamp_step_ns = 0;     // smallest step of ctime between two edits; 0: none was seen

  Outcome sample;          // opening the existing file: 0
  int64_t sample_owner = -1;
  FileProbe existing;
};

// Blocks for up to about 40 ms, longer where the disk does. `sample`: an existing regular file below the directory,
// relative to it, or "".
MountProbe probe_mount(Kernel& kernel, const std::string& directory, const std::string& sample);

// A memfd that is filled, mapped, sealed and then refuses to be written: 0, or the -errno of the first step that failed.
int probe_sealing(Kernel& kernel);

}  // namespace pagecast
