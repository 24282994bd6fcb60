#include "probe.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20  // linux/openat2.h of 5.12
#endif

namespace pagecast {
namespace {

constexpr size_t kProbeBytes = 4096;
constexpr int kEdits = 64;
constexpr int64_t kStampWatchNs = 40'000'000;  // ten ticks of the coarse clock at HZ=250, four at HZ=100
// O_NONBLOCK: neither a FIFO nor somebody's write lease can hold us.
constexpr int kRead = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -EBADF; }
  Descriptor(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -EBADF;
  }
  bool valid() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int error() const { return fd_ < 0 ? fd_ : 0; }

 private:
  int fd_;
};

struct TypeName {
  int64_t magic;
  const char* name;
};
// linux/magic.h as it is here, and what older headers or other files of the kernel hold.
constexpr TypeName kTypeNames[] = {
    {EXT4_SUPER_MAGIC, "ext4"}, {XFS_SUPER_MAGIC, "xfs"},     {BTRFS_SUPER_MAGIC, "btrfs"},       {TMPFS_MAGIC, "tmpfs"},
    {RAMFS_MAGIC, "ramfs"},     {OVERLAYFS_SUPER_MAGIC, "overlay"}, {NFS_SUPER_MAGIC, "nfs"},     {FUSE_SUPER_MAGIC, "fuse"},
    {F2FS_SUPER_MAGIC, "f2fs"}, {SQUASHFS_MAGIC, "squashfs"}, {EROFS_SUPER_MAGIC_V1, "erofs"},    {ISOFS_SUPER_MAGIC, "iso9660"},
    {MSDOS_SUPER_MAGIC, "vfat"}, {CEPH_SUPER_MAGIC, "ceph"},  {V9FS_MAGIC, "9p"},                 {PROC_SUPER_MAGIC, "proc"},
    {SYSFS_MAGIC, "sysfs"},     {0xFF534D42, "cifs"},         {0xFE534D42, "smb2"},               {0x2FC12FC1, "zfs"},
    {0xCA451A4E, "bcachefs"},   {0x2011BAB0, "exfat"},        {0x7366746E, "ntfs3"},
};

const char* name_of_type(int64_t magic) {
  for (const TypeName& type : kTypeNames) {
    if (type.magic == magic) return type.name;
  }
  return "";
}

// Not through the table, whose open_at has no mode.
Descriptor unnamed_file(int directory) {
  const int fd = ::openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  return Descriptor(fd < 0 ? -errno : fd);
}

Descriptor reopen(Kernel& kernel, int fd, int flags) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return Descriptor(kernel.open_at(AT_FDCWD, path, flags));
}

int fill(int fd) {
  std::array<uint8_t, kProbeBytes> bytes;
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 31 + i / 256);
  const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), 0);
  if (written < 0) return -errno;
  return written == static_cast<ssize_t>(bytes.size()) ? 0 : -ENOSPC;
}

// To a socket of our own, and looked at there.
int64_t probe_send_file(Kernel& kernel, int file, const uint8_t* expected, size_t length) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) return -errno;
  const Descriptor near(pair[0]);
  const Descriptor far(pair[1]);
  const ssize_t sent = kernel.send_file(near.get(), file, 0, length);
  if (sent <= 0) return sent;
  std::array<uint8_t, kProbeBytes> arrived;
  const ssize_t received = kernel.receive(far.get(), arrived.data(), arrived.size());
  if (received < 0) return received;
  return received == sent && std::memcmp(arrived.data(), expected, static_cast<size_t>(sent)) == 0 ? sent : -EBADMSG;
}

void release_lease(int file) { ::fcntl(file, F_SETLEASE, F_UNLCK); }

// A break signals the holder, and both SIGIO and the real-time signals kill a process that does not expect them. So
// the signal of this descriptor is made SIGURG, which is ignored unless somebody handles it, before the lease is
// asked for. (The kernel turns to plain SIGIO only where a real-time signal cannot be queued: fs/fcntl.c.)
int take_lease(int file) {
  const f_owner_ex owner{F_OWNER_TID, ::gettid()};
  if (::fcntl(file, F_SETSIG, SIGURG) < 0 || ::fcntl(file, F_SETOWN_EX, &owner) < 0) return -errno;
  if (::fcntl(file, F_SETLEASE, F_RDLCK) < 0) return -errno;
  if (::fcntl(file, F_GETLEASE) == F_RDLCK) return 0;
  release_lease(file);
  return -ENOLCK;
}

int probe_lease(int file) {
  const int granted = take_lease(file);
  if (granted == 0) release_lease(file);
  return granted;
}

FileProbe probe_file(Kernel& kernel, int file) {
  FileProbe probe;
  std::array<uint8_t, kProbeBytes> bytes;
  const ssize_t length = kernel.read_at(file, bytes.data(), bytes.size(), 0);
  if (length > 0) {
    probe.sent = probe_send_file(kernel, file, bytes.data(), static_cast<size_t>(length));
    probe.cached_pages = kernel.cached_pages(file, 0, static_cast<size_t>(length));
  } else if (length < 0) {
    probe.sent = probe.cached_pages = length;
  }
  probe.lease = probe_lease(file);
  return probe;
}

// Opening a leased file for writing breaks the lease, also when we do it ourselves.
Outcome probe_lease_break(Kernel& kernel, int file) {
  if (take_lease(file) < 0) return std::nullopt;
  const Descriptor writer = reopen(kernel, file, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  release_lease(file);
  return writer.error();
}

// Stores through a mapping are seen by nothing but the refusal of the lease; `writer` is closed on the way.
Outcome probe_lease_beside_writer(Descriptor& writer, int file) {
  void* mapping = ::mmap(nullptr, kProbeBytes, PROT_READ | PROT_WRITE, MAP_SHARED, writer.get(), 0);
  if (mapping == MAP_FAILED) return std::nullopt;
  writer.close();
  const int granted = probe_lease(file);
  ::munmap(mapping, kProbeBytes);
  return granted;
}

// Dirty pages stay, so they are written first: this file's only, and no journal is waited for (unlike fsync).
Outcome probe_drop(Kernel& kernel, int file) {
  constexpr unsigned kWriteOut = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  if (::sync_file_range(file, 0, kProbeBytes, kWriteOut) < 0) return -errno;
  if (const int error = ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED); error != 0) return -error;
  return kernel.cached_pages(file, 0, kProbeBytes);
}

Outcome probe_clone(int directory, int source) {
  const Descriptor target = unnamed_file(directory);
  if (!target.valid()) return target.error();
  return ::ioctl(target.get(), FICLONE, source) < 0 ? -errno : 0;
}

int64_t changed_ns(Kernel& kernel, int file) {
  struct stat status{};
  if (kernel.status(file, &status) < 0) return 0;
  return status.st_ctim.tv_sec * 1'000'000'000LL + status.st_ctim.tv_nsec;
}

// Multigrain timestamps (6.13) give every edit that somebody looked at a ctime of its own; otherwise it moves with
// the timer tick, or with what the filesystem stores.
void probe_stamps(Kernel& kernel, int file, MountProbe& probe) {
  const int64_t start = kernel.now_ns();
  int64_t before = changed_ns(kernel, file);
  for (int edit = 1; kernel.now_ns() - start < kStampWatchNs; ++edit) {
    if (edit > kEdits && probe.edits_told_apart == kEdits) return;
    if (::pwrite(file, "x", 1, 0) != 1) return;
    const int64_t after = changed_ns(kernel, file);
    const int64_t step = after - before;
    before = after;
    if (edit <= kEdits) probe.edits = edit;
    if (step <= 0) continue;
    if (edit <= kEdits) ++probe.edits_told_apart;
    if (probe.stamp_step_ns == 0 || step < probe.stamp_step_ns) probe.stamp_step_ns = step;
  }
}

void probe_own_file(Kernel& kernel, int directory, MountProbe& probe) {
  Descriptor writer = unnamed_file(directory);
  probe.unnamed_file = writer.error();
  if (!writer.valid()) return;
  const int filled = fill(writer.get());
  if (filled < 0) {
    probe.unnamed_file = filled;
    return;
  }
  const Descriptor reader = reopen(kernel, writer.get(), kRead);
  if (!reader.valid()) return;
  probe_stamps(kernel, writer.get(), probe);
  probe.clone = probe_clone(directory, reader.get());
  probe.cached_pages_dropped = probe_drop(kernel, writer.get());
  probe.lease_beside_writer = probe_lease_beside_writer(writer, reader.get());
  writer.close();
  probe.own = probe_file(kernel, reader.get());
  probe.lease_breaks = probe_lease_break(kernel, reader.get());
}

void probe_sample(Kernel& kernel, int directory, const std::string& path, MountProbe& probe) {
  const Descriptor file(kernel.open_at(directory, path.c_str(), kRead | O_NOFOLLOW));
  probe.sample = file.error();
  struct stat status{};
  if (!file.valid() || kernel.status(file.get(), &status) < 0 || !S_ISREG(status.st_mode)) return;
  probe.sample_owner = status.st_uid;
  probe.existing = probe_file(kernel, file.get());
}

void probe_open(Kernel& kernel, int directory, const std::string& sample, MountProbe& probe) {
  const Descriptor inside(kernel.open_at2(directory, ".", O_PATH | O_CLOEXEC, RESOLVE_BENEATH));
  const Descriptor outside(kernel.open_at2(directory, "..", O_PATH | O_CLOEXEC, RESOLVE_BENEATH));
  probe.beneath = inside.valid() && outside.error() != -EXDEV ? -EBADE : inside.error();
  // The sample was opened a moment ago: its name is in the cache wherever the mount lets it stay there. "." is in no
  // cache, and tells only whether the flag is known.
  const bool opened = probe.sample == 0;
  const Descriptor known(kernel.open_at2(directory, opened ? sample.c_str() : ".", O_PATH | O_CLOEXEC, RESOLVE_BENEATH | RESOLVE_CACHED));
  if (opened || !known.valid()) probe.cached = known.error();
}

void probe_type(int directory, MountProbe& probe) {
  struct statfs filesystem{};
  if (::fstatfs(directory, &filesystem) == 0) {
    probe.type = static_cast<uint32_t>(filesystem.f_type);
    probe.type_name = name_of_type(probe.type);
  }
#ifdef STATX_MNT_ID  // Linux 5.8, and a C library that knows it
  struct statx status{};
  if (::statx(directory, "", AT_EMPTY_PATH, STATX_MNT_ID, &status) == 0 && (status.stx_mask & STATX_MNT_ID) != 0) {
    probe.mount_id = static_cast<int64_t>(status.stx_mnt_id);
  }
#endif
}

int refuses_writes(Kernel& kernel, int fd) {
  const uint8_t byte = 0;
  const ssize_t written = kernel.memory_write(fd, &byte, 1, 0);
  return written == -EPERM ? 0 : -EBADE;
}

}  // namespace

MountProbe probe_mount(Kernel& kernel, const std::string& directory, const std::string& sample) {
  MountProbe probe;
  const Descriptor root(kernel.open_at(AT_FDCWD, directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  probe.directory = root.error();
  if (!root.valid()) return probe;
  probe_type(root.get(), probe);
  if (!sample.empty()) probe_sample(kernel, root.get(), sample, probe);
  probe_open(kernel, root.get(), sample, probe);
  probe_own_file(kernel, root.get(), probe);
  return probe;
}

int probe_sealing(Kernel& kernel) {
  const Descriptor memory(kernel.memory_create("pagecast-probe"));
  if (!memory.valid()) return memory.error();
  if (const int error = kernel.memory_resize(memory.get(), kProbeBytes); error < 0) return error;
  const uint8_t* base = kernel.memory_map(memory.get(), kProbeBytes);
  if (base == nullptr) return -ENOMEM;
  int error = kernel.memory_seal(memory.get());
  if (error == 0) error = refuses_writes(kernel, memory.get());
  kernel.memory_unmap(base, kProbeBytes);
  return error;
}

}  // namespace pagecast
