#include "probe_network.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <string_view>

namespace pagecast {
namespace {

constexpr uint32_t kFeatureBits = 32;  // of one block of ETHTOOL_GFEATURES

struct Features {
  std::vector<std::string> names;  // empty: the driver or the kernel does not list them
  std::vector<ethtool_get_features_block> blocks;
};

int ethtool(int socket, const std::string& name, void* command) {
  ifreq request{};
  std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
  request.ifr_data = static_cast<char*>(command);
  return ::ioctl(socket, SIOCETHTOOL, &request) < 0 ? -errno : 0;
}

int flags_of(int socket, const std::string& name) {
  ifreq request{};
  std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
  return ::ioctl(socket, SIOCGIFFLAGS, &request) < 0 ? -errno : static_cast<uint16_t>(request.ifr_flags);
}

std::string driver_of(int socket, const std::string& name) {
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  if (ethtool(socket, name, &info) < 0) return "";
  return std::string(info.driver, ::strnlen(info.driver, sizeof info.driver));
}

// How many features this kernel knows; 0 where it does not say.
uint32_t count_features(int socket, const std::string& name) {
  std::vector<uint32_t> memory(sizeof(ethtool_sset_info) / sizeof(uint32_t) + 1);
  auto* sets = reinterpret_cast<ethtool_sset_info*>(memory.data());
  sets->cmd = ETHTOOL_GSSET_INFO;
  sets->sset_mask = 1ULL << ETH_SS_FEATURES;
  return ethtool(socket, name, sets) < 0 || sets->sset_mask == 0 ? 0 : sets->data[0];
}

Features features_of(int socket, const std::string& name) {
  Features features;
  const uint32_t count = count_features(socket, name);
  if (count == 0) return features;
  std::vector<uint32_t> strings((sizeof(ethtool_gstrings) + size_t{count} * ETH_GSTRING_LEN) / sizeof(uint32_t) + 1);
  auto* listed = reinterpret_cast<ethtool_gstrings*>(strings.data());
  listed->cmd = ETHTOOL_GSTRINGS;
  listed->string_set = ETH_SS_FEATURES;
  listed->len = count;
  const uint32_t block_count = (count + kFeatureBits - 1) / kFeatureBits;
  std::vector<uint32_t> values((sizeof(ethtool_gfeatures) + block_count * sizeof(ethtool_get_features_block)) / sizeof(uint32_t) + 1);
  auto* got = reinterpret_cast<ethtool_gfeatures*>(values.data());
  got->cmd = ETHTOOL_GFEATURES;
  got->size = block_count;
  if (ethtool(socket, name, listed) < 0 || ethtool(socket, name, got) < 0) return features;
  features.blocks.assign(got->features, got->features + block_count);
  for (uint32_t i = 0; i < count; ++i) {
    const char* text = reinterpret_cast<const char*>(listed->data) + size_t{i} * ETH_GSTRING_LEN;
    features.names.emplace_back(text, ::strnlen(text, ETH_GSTRING_LEN));
  }
  return features;
}

// On when one of the features of these names is; fixed when none of them can be changed.
Offload offload_named(const Features& features, std::initializer_list<std::string_view> names) {
  Offload offload{0, true};
  for (uint32_t i = 0; i < features.names.size(); ++i) {
    bool wanted = false;
    for (const std::string_view name : names) wanted = wanted || features.names[i] == name;
    if (!wanted) continue;
    const ethtool_get_features_block& block = features.blocks[i / kFeatureBits];
    const uint32_t bit = 1U << (i % kFeatureBits);
    if ((block.active & bit) != 0) offload.state = 1;
    if ((block.available & bit) != 0 && (block.never_changed & bit) == 0) offload.fixed = false;
  }
  return offload;
}

// The older question. It counts SCTP's checksum as one, so it is asked only where features have no names.
Offload offload_of(int socket, const std::string& name, uint32_t command) {
  ethtool_value answer{command, 0};
  const int error = ethtool(socket, name, &answer);
  return {error < 0 ? error : answer.data != 0, false};
}

Interface describe(int socket, const std::string& name, int flags) {
  Interface interface;
  interface.name = name;
  interface.driver = driver_of(socket, name);
  interface.up = (flags & IFF_UP) != 0;
  interface.loopback = (flags & IFF_LOOPBACK) != 0;
  const Features features = features_of(socket, name);
  if (features.names.empty()) {
    interface.checksum = offload_of(socket, name, ETHTOOL_GTXCSUM);
    interface.scatter_gather = offload_of(socket, name, ETHTOOL_GSG);
    interface.segmentation = offload_of(socket, name, ETHTOOL_GTSO);
  } else {
    interface.checksum = offload_named(features, {"tx-checksum-ip-generic", "tx-checksum-ipv4"});
    interface.scatter_gather = offload_named(features, {"tx-scatter-gather"});
    interface.segmentation = offload_named(features, {"tx-tcp-segmentation"});
  }
  return interface;
}

}  // namespace

// Of a socket that is not connected: whoever is there says ENOTCONN.
int probe_kernel_tls() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return -errno;
  const int error = ::setsockopt(socket, IPPROTO_TCP, TCP_ULP, "tls", 3) < 0 ? errno : 0;
  ::close(socket);
  return error == ENOTCONN ? 0 : -error;
}

int list_interfaces(std::vector<Interface>& out) {
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);  // any socket takes these ioctls
  if (socket < 0) return -errno;
  struct if_nameindex* all = ::if_nameindex();
  const int error = all == nullptr ? -errno : 0;
  for (auto* each = all; each != nullptr && each->if_index != 0; ++each) {
    const int flags = flags_of(socket, each->if_name);
    if (flags >= 0) out.push_back(describe(socket, each->if_name, flags));  // else it went away meanwhile
  }
  if (all != nullptr) ::if_freenameindex(all);
  ::close(socket);
  return error;
}

}  // namespace pagecast
