#include "stored_body.h"

#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "files.h"

namespace pagecast {
namespace {

constexpr uint64_t kBlockBytes = 1u << 20;
constexpr size_t kSumBytes = 16;
constexpr size_t kFooterBytes = 48;
constexpr size_t kFooterSummed = 32;  // of its bytes
constexpr char kMagic[] = "pagecast-body 1\n";

using Sum = std::array<uint8_t, kSumBytes>;

uint64_t blocks_of(uint64_t bytes) { return (bytes + kBlockBytes - 1) / kBlockBytes; }

// SHA-256 of a line and the bytes, cut.
Sum sum_of(const std::string& line, const uint8_t* bytes, size_t length) {
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest{};
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  Sum sum{};
  if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) return sum;
  EVP_DigestUpdate(context.get(), line.data(), line.size());
  EVP_DigestUpdate(context.get(), bytes, length);
  EVP_DigestFinal_ex(context.get(), digest.data(), nullptr);
  std::copy_n(digest.begin(), kSumBytes, sum.begin());
  return sum;
}

template <typename T>
T little_endian(const uint8_t* from) {
  T value = 0;
  for (size_t i = sizeof value; i-- > 0;) value = static_cast<T>(value << 8 | from[i]);
  return value;
}

}  // namespace

StoredBody::StoredBody(StoredName name) : name_(std::move(name)), sound_(std::make_unique<std::atomic<bool>[]>(blocks())) {}

uint64_t StoredBody::blocks() const { return blocks_of(name_.bytes); }

int StoredBody::check_whole(Kernel& kernel, int fd, const StoredName& name) {
  struct stat status;
  if (const int error = kernel.status(fd, &status); error < 0) return error;
  const uint64_t expected = name.bytes + blocks_of(name.bytes) * kSumBytes + kFooterBytes;
  if (!S_ISREG(status.st_mode) || static_cast<uint64_t>(status.st_size) != expected) return -EBADMSG;
  std::array<uint8_t, kFooterBytes> footer;
  const int error = read_exactly(kernel, fd, footer.data(), footer.size(), expected - kFooterBytes);
  if (error < 0) return error == -EAGAIN ? -EBADMSG : error;
  const Sum sum = sum_of(name.id + " whole\n", footer.data(), kFooterSummed);
  const bool whole = std::memcmp(footer.data(), kMagic, sizeof kMagic - 1) == 0 && little_endian<uint64_t>(footer.data() + 16) == name.bytes &&
                     little_endian<uint32_t>(footer.data() + 24) == kBlockBytes && std::equal(sum.begin(), sum.end(), footer.data() + kFooterSummed);
  return whole ? 0 : -EBADMSG;
}

void StoredBody::verify(Kernel& kernel, int fd, uint64_t base, uint64_t offset, uint64_t length) {
  if (length == 0 || offset >= name_.bytes) return;
  const uint64_t last = (std::min(offset + length, name_.bytes) - 1) / kBlockBytes;
  for (uint64_t block = offset / kBlockBytes; block <= last && !is_damaged(); ++block) {
    if (sound_[block].load(std::memory_order_relaxed)) continue;
    if (is_sound(kernel, fd, base, block)) sound_[block].store(true, std::memory_order_release);
    else damaged_.store(true, std::memory_order_release);
  }
}

bool StoredBody::is_sound(Kernel& kernel, int fd, uint64_t base, uint64_t block) const {
  static thread_local std::unique_ptr<uint8_t[]> scratch;
  if (!scratch) scratch = std::make_unique<uint8_t[]>(kBlockBytes);
  const uint64_t offset = block * kBlockBytes;
  const auto length = static_cast<size_t>(std::min(kBlockBytes, name_.bytes - offset));
  Sum stored;
  if (read_exactly(kernel, fd, scratch.get(), length, base + offset) < 0) return false;
  if (read_exactly(kernel, fd, stored.data(), stored.size(), base + name_.bytes + block * kSumBytes) < 0) return false;
  return sum_of(name_.id + " " + std::to_string(block) + "\n", scratch.get(), length) == stored;
}

uint64_t StoredBody::sound_from(uint64_t offset) const {
  if (is_damaged()) return 0;
  uint64_t until = offset;
  for (uint64_t block = offset / kBlockBytes; block < blocks() && sound_[block].load(std::memory_order_acquire); ++block) {
    until = std::min((block + 1) * kBlockBytes, name_.bytes);
    if (until - offset >= kBlockBytes) break;  // as far as anybody sends at once
  }
  return until - offset;
}

}  // namespace pagecast
