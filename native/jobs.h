// The work that a loop thread hands to the pool.
#pragma once

#include <string>

#include "engine.h"

namespace pagecast {

// Ends with a record, or not. Answered by the OPENED event.
class FileJob : public Job {
 public:
  FileJob(Process& process, uint32_t ticket_) : ticket(ticket_), process_(process) {}
  ~FileJob() override;
  void arrive(Engine& engine) override { engine.opened(*this); }

  const uint32_t ticket;
  int32_t error = 0;       // errno, or 0
  int32_t kind = 0;        // kKind_*
  File* file = nullptr;    // one reference, until somebody takes it over
  bool rerooted = false;

 protected:
  Process& process_;
};

// Opens root/path, contained; loads the record of the version found.
class OpenJob final : public FileJob {
 public:
  OpenJob(Process& process, uint32_t ticket, std::string root, std::string path, Symlinks symlinks, const LoadLimits& limits)
      : FileJob(process, ticket), root_(std::move(root)), path_(std::move(path)), symlinks_(symlinks), limits_(limits) {}
  void run() override;

 private:
  const std::string root_;
  const std::string path_;
  const Symlinks symlinks_;
  const LoadLimits limits_;
};

// Brings a window of a file into the page cache.
class ReadAheadJob final : public Job {
 public:
  ReadAheadJob(Process& process, File* file, uint64_t offset_, uint64_t length_, uint32_t slot_, uint32_t generation_)
      : slot(slot_), generation(generation_), offset(offset_), length(length_), process_(process), file_(file) {
    Files::retain(file);
  }
  ~ReadAheadJob() override;
  void run() override;
  void arrive(Engine& engine) override { engine.was_read_ahead(*this); }

  const uint32_t slot;
  const uint32_t generation;
  const uint64_t offset;
  const uint64_t length;

 private:
  Process& process_;
  File* file_;
};

// A lease break needs what answers under way have not sent yet.
class SnapshotJob final : public Job {
 public:
  SnapshotJob(Process& process, std::shared_ptr<Break> at, uint64_t from, uint64_t to) : process_(process), at_(std::move(at)), from_(from), to_(to) {}
  void run() override { process_.guard.take_snapshot(*at_, from_, to_); }

 private:
  Process& process_;
  const std::shared_ptr<Break> at_;
  const uint64_t from_;
  const uint64_t to_;
};

class LookForPagesJob final : public Job {
 public:
  LookForPagesJob(Process& process, std::shared_ptr<Break> at) : process_(process), at_(std::move(at)) {}
  void run() override { process_.guard.look_for_pages(*at_); }

 private:
  Process& process_;
  const std::shared_ptr<Break> at_;
};

// A leased file that is asked for again becomes private.
class PrivateJob final : public Job {
 public:
  PrivateJob(Process& process, File* file) : process_(process), file_(file) { Files::retain(file); }
  ~PrivateJob() override;
  void run() override { process_.files.make_private(*file_); }

 private:
  Process& process_;
  File* file_;
};

// Less memory, or more again.
class SqueezeJob final : public Job {
 public:
  SqueezeJob(Process& process, double share) : process_(process), share_(share) {}
  void run() override { process_.arena.squeeze(share_); }

 private:
  Process& process_;
  const double share_;
};

// The last reference to a record is gone.
class DestroyJob final : public Job {
 public:
  DestroyJob(Files& files, File* file) : files_(files), file_(file) {}
  void run() override { files_.destroy(file_); }

 private:
  Files& files_;
  File* file_;
};

}  // namespace pagecast
