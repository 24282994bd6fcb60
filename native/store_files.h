// What the disk store asks of the kernel and Node does not offer: files without a name that get one when they are whole,
// and a lock that ends with the open file. Called by the main thread and libuv's pool, never by a loop thread.
#pragma once

#include <string>

namespace pagecast {

// Flags of open(2), for a folder: a new file without a name, to be written and read.
int unnamed_file_flags();

// Names a file that was opened with them; readers see it whole or not at all. 0 or -errno: -EEXIST, -ENOENT without /proc.
int link_unnamed(int fd, const std::string& path);

// Room for so many bytes; the file's length stays. 0 or -errno: -ENOSPC, -EOPNOTSUPP.
int reserve_room(int fd, int64_t bytes);

// A descriptor to read what is at the path, or -errno. Node knows nothing of it.
int open_to_read(const std::string& path);

// The whole file, for this open file alone, until its last descriptor is closed; never waits. `fd` is open for writing.
// 0 or -errno: -EAGAIN while another open file has it.
int lock_file(int fd);

}  // namespace pagecast
