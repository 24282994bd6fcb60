// How near a peer is: by its address, and by the interface that its connection came in on.
#pragma once

#include <netinet/in.h>

#include "kernel.h"

namespace pagecast {

// A peer on this host holds our own pages in its receive queue; so may one behind a veth, a bridge or a tunnel. Behind
// an interface with a device of its own (sysfs) the bytes have left this machine when they are acknowledged.
Nearness nearness_of(int socket, const sockaddr_in6& peer);

}  // namespace pagecast
