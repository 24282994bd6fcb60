#include "loading.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "guard.h"
#include "layout.h"

namespace pagecast {
namespace {

// Before multigrain timestamps (Linux 6.13) two changes within one tick of the kernel's coarse clock carry the same
// ctime. 20 ms is five ticks of the slowest common clock (250 Hz).
constexpr int64_t kSettlingNs = 20'000'000;
// A file that was changed this lately may be in the middle of a rewrite, where no lease says that nobody writes.
constexpr int64_t kQuietNs = 50'000'000;
// The same where somebody has it open for writing: it may be a log, or the middle of a rewrite.
constexpr int64_t kWriterQuietNs = 1'000'000'000;
// The same where what was there before is being changed: rsync --inplace may think for ten seconds between two writes.
constexpr int64_t kRewriteQuietNs = 30'000'000'000;
// What extends a file and is not a log that grows: ftruncate(2) leaves zeros.
constexpr size_t kZerosMax = 512;
constexpr size_t kReadBytes = 256u << 10;

using Digester = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Digester digester() {
  Digester made(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (made && EVP_DigestInit_ex(made.get(), EVP_sha256(), nullptr) != 1) made.reset();
  return made;
}

bool zeros_in(const uint8_t* bytes, size_t length) {
  size_t run = 0;
  for (size_t i = 0; i < length; ++i) {
    run = bytes[i] == 0 ? run + 1 : 0;
    if (run >= kZerosMax) return true;
  }
  return false;
}

bool wants_lease(int protect) { return protect == kProtect_AUTO || protect == kProtect_SEALED || protect == kProtect_LEASE; }

}  // namespace

int read_exactly(Kernel& kernel, int fd, uint8_t* buffer, size_t length, uint64_t offset) {
  for (size_t done = 0; done < length;) {
    const ssize_t n = kernel.read_at(fd, buffer + done, length - done, static_cast<off_t>(offset + done));
    if (n == -EINTR) continue;
    if (n <= 0) return n == 0 ? -EAGAIN : static_cast<int>(n);
    done += static_cast<size_t>(n);
  }
  return 0;
}

int write_exactly(Kernel& kernel, int memory, const uint8_t* buffer, size_t length, uint64_t offset) {
  for (size_t done = 0; done < length;) {
    const ssize_t n = kernel.memory_write(memory, buffer + done, length - done, static_cast<off_t>(offset + done));
    if (n == -EINTR) continue;
    if (n <= 0) return n == 0 ? -EIO : static_cast<int>(n);
    done += static_cast<size_t>(n);
  }
  return 0;
}

Digest digest_of(const std::vector<uint8_t>& bytes) {
  Digest digest{};
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return digest;
}

void publish(PrivateMemory& memory, File& file, PrivateCopy& copy) {
  memory.keep(copy);
  file.private_copy = copy;
  file.private_fd.store(copy.fd, std::memory_order_release);
}

Loading::Loading(Kernel& kernel, Arena& arena, PrivateMemory& memory, Guard& guard, File& file, const LoadLimits& limits, bool last)
    : kernel_(kernel), arena_(arena), memory_(memory), guard_(guard), file_(file), limits_(limits), last_(last), size_(static_cast<size_t>(file.identity.size)) {}

int Loading::run(const Earlier& earlier) {
  // A stored body is written by nobody but us, before it has a name; each of its blocks is looked at.
  const bool is_ours = !limits_.stored.id.empty();
  file_.settling = !is_ours && kernel_.now_ns() - file_.identity.changed_ns < kSettlingNs;
  const bool writer = lease() == -EAGAIN;
  if (writer && guard_.is_breaking(file_.identity)) return -EINPROGRESS;
  if (writer && limits_.accept != kAccept_ANY) return limits_.accept == kAccept_GROWN ? take_grown(earlier) : -EBUSY;
  if (!leased_ && !is_ours && limits_.protect != kProtect_OFF && !is_quiet(writer ? quiet_for(earlier) : kQuietNs)) {
    if (limits_.accept != kAccept_ANY) return -EBUSY;
    return take_grown(earlier) == 0 ? 0 : -ETXTBSY;
  }
  const bool fits = size_ > 0 && size_ <= limits_.hash_bytes_max;
  const int protect = limits_.protect;
  to_arena_ = size_ > 0 && size_ <= limits_.arena_bytes_max && protect != kProtect_VERIFY && !(protect == kProtect_LEASE && leased_);
  const bool copies = protect == kProtect_SEALED || protect == kProtect_COPY || (wants_lease(protect) && !leased_) ||
                      (protect == kProtect_AUTO && guard_.restless(file_.identity));
  if (fits && copies && !to_arena_) {
    if (const int refused = memory_.take(size_, copy_); refused < 0) file_.cause = -refused;
  }
  const int error = read(0, nullptr);
  if (error == -EAGAIN && last_ && !leased_) return conclude();
  return error < 0 ? error : conclude();
}

// How long a file that somebody writes must have been left alone, by what is known of the version before.
int64_t Loading::quiet_for(const Earlier& earlier) const {
  if (!earlier.known || size_ > earlier.size) return kWriterQuietNs;
  return size_ == earlier.size && file_.identity.modified_ns == earlier.modified_ns ? kQuietNs : kRewriteQuietNs;
}

bool Loading::is_quiet(int64_t for_ns) const {
  const int64_t since = kernel_.now_ns() - std::max(file_.identity.changed_ns, file_.identity.modified_ns);
  return since >= for_ns || since < 0;  // the clock of another machine says nothing
}

int Loading::lease() {
  if (!wants_lease(limits_.protect)) return 0;
  const int error = guard_.hold(file_);
  leased_ = error == 0;
  file_.cause = -error;
  return error;
}

// Hashes the file while reading it, and keeps the bytes that were hashed where they are to be private: validator and
// body are then of one version whatever happens to the file. `prefix_digest`: of the first `prefix` bytes.
int Loading::read(size_t prefix, Digest* prefix_digest) {
  if (size_ > limits_.hash_bytes_max) {
    uint8_t first;
    if (const int error = read_exactly(kernel_, file_.fd, &first, 1, 0); error < 0) return error;
    file_.cachestat_works = kernel_.cached_pages(file_.fd, 0, 1) > 0;
    // A writer may have been done between the look that gave the file its identity and the lease.
    struct stat now;
    if (const int error = kernel_.status(file_.fd, &now); error < 0) return error;
    return identity_of(now) == file_.identity ? 0 : -EAGAIN;
  }
  int error = read_through(prefix, prefix_digest);
  struct stat after;
  if (error == 0) error = kernel_.status(file_.fd, &after);
  const bool same = error == 0 && (prefix_digest != nullptr ? after.st_size >= file_.identity.size : identity_of(after) == file_.identity);
  if (error == 0 && !same) error = -EAGAIN;
  if (copy_.slab != nullptr && error == 0) publish(memory_, file_, copy_);
  if (error < 0) {
    memory_.give_back(copy_);
    arena_.remove(file_.resident);
    return error;
  }
  file_.hashed = true;
  // cachestat answers 0 for cached files on some filesystems (overlayfs): it counts only once it was seen to work.
  file_.cachestat_works = size_ > 0 && kernel_.cached_pages(file_.fd, 0, size_) > 0;
  return 0;
}

int Loading::read_through(size_t prefix, Digest* prefix_digest) {
  std::vector<uint8_t> buffer(to_arena_ ? size_ : std::min(size_, kReadBytes));
  const Digester whole = digester();
  if (!whole) return -ENOMEM;
  for (size_t offset = 0; offset < size_;) {
    const size_t until = offset < prefix ? prefix : size_;
    const size_t length = std::min(buffer.size(), until - offset);
    int error = read_exactly(kernel_, file_.fd, buffer.data() + (to_arena_ ? offset : 0), length, offset);
    if (error == 0 && copy_.slab != nullptr) error = write_exactly(kernel_, copy_.fd, buffer.data(), length, copy_.offset + offset);
    if (error < 0) return error;
    EVP_DigestUpdate(whole.get(), buffer.data() + (to_arena_ ? offset : 0), length);
    if (prefix > 0 && offset >= prefix) has_zeros_ = has_zeros_ || zeros_in(buffer.data(), length);
    offset += length;
    if (offset == prefix && prefix_digest != nullptr) {
      const Digester copy = digester();
      if (!copy || EVP_MD_CTX_copy_ex(copy.get(), whole.get()) != 1) return -ENOMEM;
      EVP_DigestFinal_ex(copy.get(), prefix_digest->data(), nullptr);
    }
  }
  EVP_DigestFinal_ex(whole.get(), file_.digest.data(), nullptr);
  // Where the arena refuses, the record is protected otherwise, and it is not asked again for this version.
  if (to_arena_) file_.wants_arena = arena_.store(file_.resident, buffer.data(), size_) == 0;
  return 0;
}

// Somebody has it open for writing, but what was there before is still there, and what came is behind it: a log.
int Loading::take_grown(const Earlier& earlier) {
  if (!earlier.hashed || earlier.size == 0 || size_ < earlier.size || size_ > limits_.hash_bytes_max) return -EBUSY;
  if (memory_.take(size_, copy_) < 0) return -EBUSY;
  Digest prefix{};
  if (read(earlier.size, &prefix) < 0 || prefix != earlier.digest || has_zeros_ || !is_sealed(file_)) return -EBUSY;
  // Once more: a writer may have passed the reader on the way.
  std::vector<uint8_t> again(earlier.size);
  if (read_exactly(kernel_, file_.fd, again.data(), again.size(), 0) < 0 || digest_of(again) != earlier.digest) return -EBUSY;
  file_.protection = kProtection_COPY;
  return 0;
}

int Loading::conclude() {
  const bool sealed = is_sealed(file_);
  if (limits_.protect == kProtect_OFF) {
    file_.protection = sealed ? kProtection_SEALED : kProtection_OFF;
    return 0;
  }
  if (!leased_) {
    file_.protection = sealed ? kProtection_COPY : kProtection_VERIFY;
    return 0;
  }
  if (sealed || size_ == 0) {
    file_.protection = kProtection_SEALED;
    return guard_.let_go(file_) ? 0 : -EBUSY;
  }
  if (!guard_.loaded(file_)) return -EBUSY;
  file_.protection = kProtection_LEASE;
  file_.probe_works = file_.cachestat_works && guard_.probe_works(file_);
  return 0;
}

}  // namespace pagecast
