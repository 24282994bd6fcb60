// An answer on its way out of a connection that speaks TLS: what advance() (answer.h) hands to the kernel is read,
// encrypted, and leaves as whole records, several in one send(2).
#pragma once

#include <vector>

#include "answer.h"

namespace pagecast {

// So little of TLS's own, such as tickets, waits for the answer behind it.
constexpr size_t kHeldBytesMax = 4u << 10;

// As advance(); `after`: kAfter_*, for the last record says that nothing follows. Counts bytes of the wire in `sent`.
Advance advance_encrypted(SendContext& context, Connection& connection, std::vector<Span>& spans, size_t& first, double& sent, int32_t after);

// What OpenSSL has to say of itself, or could not be sent before. done, blocked or failed.
Advance send_output(SendContext& context, Connection& connection, double& sent);

// The buffer that sessions of this thread build their output in (TlsSession::borrow).
std::vector<uint8_t>& spare_output();

}  // namespace pagecast
