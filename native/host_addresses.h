// Addresses of a host by its name, getaddrinfo(3).
#pragma once

#include <string>

namespace pagecast {

// Looks the name up on a thread of its own, which ends with the lookup; nobody waits for it, the end of the process does not either.
// What it has found goes to `channel`, a socket that is this function's from now on, and is closed then: numeric addresses in the order of
// getaddrinfo, each with a line end; or one line "!CODE text" with its EAI_ number. 0, or -errno where there is no thread (and no line).
int find_addresses(const std::string& name, int channel);

}  // namespace pagecast
