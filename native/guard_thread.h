// The thread that the kernel tells about writers.
#pragma once

namespace pagecast {

class Guard;

// Starts it; it lives as long as the process. Returns when leases can be taken.
void start_guard_thread(Guard& guard);

}  // namespace pagecast
