// What TypeScript asks to see or to keep, apart from answers: the bytes of a small file, the names in a folder, and
// bytes that it made of a file's (a compressed copy), which become a record of their own. In pool threads.
#pragma once

#include <string>
#include <vector>

#include "engine.h"
#include "jobs.h"

namespace pagecast {

// Answered by the READ event; engine.take() hands the bytes over.
class BytesJob : public Job {
 public:
  BytesJob(Process& process, uint32_t ticket_) : ticket(ticket_), process_(process) {}
  void arrive(Engine& engine) override { engine.was_read(*this); }

  const uint32_t ticket;
  int32_t error = 0;  // errno, or 0
  std::vector<uint8_t> bytes;

 protected:
  Process& process_;
};

// All of a record's version, or ESTALE: what was read is checked against the record's hash.
class ReadJob final : public BytesJob {
 public:
  ReadJob(Process& process, uint32_t ticket, File* file) : BytesJob(process, ticket), file_(file) { Files::retain(file); }
  ~ReadJob() override;
  void run() override;

 private:
  File* file_;
};

// The names in a folder, contained like a file's path: a record each, in the order of the disk:
//   kind (uint8, kKind_*), size (uint64), milliseconds since the epoch (int64), length of the name (uint16), name
// in native byte order. Links show what they lead to; those that lead out of the root, or nowhere, are not there.
class ListJob final : public BytesJob {
 public:
  ListJob(Process& process, uint32_t ticket, std::string root, std::string path, Symlinks symlinks, bool dotfiles, uint32_t names_max)
      : BytesJob(process, ticket), root_(std::move(root)), path_(std::move(path)), symlinks_(symlinks), dotfiles_(dotfiles), names_max_(names_max) {}
  void run() override;

 private:
  int list(int root, int directory);
  bool add(int root, const char* name, int directory);

  const std::string root_;
  const std::string path_;
  const Symlinks symlinks_;
  const bool dotfiles_;
  const uint32_t names_max_;
  uint32_t names_ = 0;
};

// Bytes in private memory, as a record without a file, of a key that tells them from all others. Answered by the OPENED
// event. Without bytes: the record that there is (ENOENT: none); ENOBUFS: beyond the budget.
class KeepJob final : public FileJob {
 public:
  KeepJob(Process& process, uint32_t ticket, std::string key, std::vector<uint8_t> bytes, size_t arena_bytes_max)
      : FileJob(process, ticket), key_(std::move(key)), bytes_(std::move(bytes)), arena_bytes_max_(arena_bytes_max) {}
  void run() override;

 private:
  const std::string key_;
  const std::vector<uint8_t> bytes_;
  const size_t arena_bytes_max_;
};

// A whole body that has arrived, kept like other bytes (KeepJob): beside others, in shared memory, in the arena where it is small.
class SettleJob final : public FileJob {
 public:
  SettleJob(Process& process, uint32_t ticket, File* body, std::string key, size_t arena_bytes_max)
      : FileJob(process, ticket), body_(body), key_(std::move(key)), arena_bytes_max_(arena_bytes_max) {
    Files::retain(body);
  }
  ~SettleJob() override;
  void run() override;

 private:
  File* body_;
  const std::string key_;
  const size_t arena_bytes_max_;
};

}  // namespace pagecast
