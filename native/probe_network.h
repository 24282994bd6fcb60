// What the network interfaces take off the processor. Asked of the drivers by ethtool's ioctl, which needs no root.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pagecast {

struct Offload {
  int state = 0;       // 1 on, 0 off, or -errno: the driver does not say
  bool fixed = false;  // not to be changed by ethtool -K
};

struct Interface {
  std::string name;
  std::string driver;  // "" where the driver has no name
  bool up = false;
  bool loopback = false;
  Offload checksum;        // of TCP over IPv4, on what is sent
  Offload scatter_gather;  // sent from fragments, which is what sendfile makes
  Offload segmentation;    // TSO
};

// Whether the kernel encrypts what is sent (the upper layer protocol "tls" of tcp(7)): 0, or -errno: ENOENT, it does not.
int probe_kernel_tls();

// The interfaces of this network namespace. 0 or -errno.
int list_interfaces(std::vector<Interface>& out);

}  // namespace pagecast
