// What a service manager is told: sd_notify(3).
#pragma once

#include <string>

namespace pagecast {

// One datagram to a unix socket, whose name begins with '/', or with '@' where it is abstract. Waits a second at most, for a receiver
// whose queue is full. 0 or -errno: -EINVAL for any other name, -ECONNREFUSED, -ENOENT, -EAGAIN.
int notify(const std::string& address, const std::string& text);

}  // namespace pagecast
