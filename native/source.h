// Where the bytes of an answer's spans come from, asked of a file's record anew before each quantum (answer.h).
#pragma once

#include <cstdint>
#include <vector>

#include "answer.h"

namespace pagecast {

enum class From { memory, clone, shared, copied, unproven, parked, lost };

struct Source {
  From from;
  int fd;
  uint64_t base = 0;  // where the file's first byte is
};

// Whether the socket takes pages, or somebody reads them first: then no page is handed to the kernel, and whether all are
// in memory the reading tells.
enum class Carriage { pages, reading };

struct Piece {
  Source source;
  uint64_t length;
};

bool in_memory(const Span& span);
// Of a span in memory; null where the arena has just taken the copy away.
const uint8_t* memory_of(const Span& span);
void consume(Span& span, uint64_t length);

// Whether the peer may be sent the file's own pages: those of a peer on this host would stay in its receive queue.
bool shares(SendContext& context, Connection& connection, bool probe_works);
bool is_resident(SendContext& context, const Span& span, uint64_t length, int fd);

// What of the file span spans[at] may be sent now, at most `quantum`. Other than done: nothing of it, and why.
Advance next_piece(SendContext& context, Connection& connection, const std::vector<Span>& spans, size_t at, uint64_t quantum, Carriage carriage, Piece& piece);

}  // namespace pagecast
