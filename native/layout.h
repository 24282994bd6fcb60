// The records that TypeScript and the engine exchange through shared memory. This is their only definition: the
// addon exports every number below by name (binding.cc), native/index.ts reads them from there.
#pragma once

#include <cstdint>

namespace pagecast {

// engine.receive() fills int32 records of kEventWords: type, slot, generation, and three more by type.
#define PAGECAST_EVENTS(X)                                                                     \
  X(ACCEPTED, 1)      /* slot, generation, listener                                         */ \
  X(RECEIVED, 2)      /* slot, generation, offset into rx, length                           */ \
  X(INPUT_ENDED, 3)   /* slot, generation: the peer sends no more (FIN)                     */ \
  X(SENT, 4)          /* slot, generation: the oldest answer that was pending is sent       */ \
  X(CLOSED, 5)        /* slot, generation, reason: gone, and every answer pending with it   */ \
  X(ACCEPT_FAILED, 6) /* listener, errno: listener paused until engine.acceptAgain()        */ \
  X(OPENED, 7)        /* ticket, 0 or errno, kind, file, re-rooted: engine.open() is done    */ \
  X(LEASE_BROKEN, 8)  /* file, answers under way: look at its path anew                      */ \
  X(READ, 9)          /* ticket, 0 or errno, bytes: engine.take() has them                  */ \
  X(PLAINTEXT, 10)    /* slot, generation: what came first is no TLS; it is plain from now on */

// engine.send() reads float64 records: this head, then kSpanWords a span.
#define PAGECAST_COMMAND(X)                                                                 \
  X(SLOT, 0)                                                                                \
  X(GENERATION, 1)                                                                          \
  X(AFTER, 2)       /* what becomes of the connection                                    */ \
  X(SPANS, 3)       /* how many follow                                                   */ \
  X(RESULT, 4)      /* written by the engine                                             */ \
  X(HEAD_WORDS, 5)
#define PAGECAST_SPAN(X)                                                                    \
  X(KIND, 0)                                                                                \
  X(FILE, 1)        /* record number; of no meaning for bytes                            */ \
  X(OFFSET, 2)      /* into the file, or into tx                                         */ \
  X(LENGTH, 3)                                                                              \
  X(WORDS, 4)

#define PAGECAST_SPAN_KINDS(X)                                                              \
  X(BYTES, 0)       /* from the tx area                                                  */ \
  X(ARENA, 1)       /* a file's private copy, where it has one; else like FILE           */ \
  X(FILE, 2)        /* sendfile                                                          */ \
  X(GROWING, 3)     /* of a body that is still arriving; kUntilEnd long: all of it       */ \
  X(CHUNKED, 4)     /* the same, all of it, in chunks (RFC 9112 section 7.1)             */

#define PAGECAST_AFTER(X)                                                                   \
  X(KEEP, 0)                                                                                \
  X(CLOSE, 1)       /* shutdown, then linger until the peer has read and closed          */ \
  X(RESET, 2)       /* RST, now                                                          */ \
  X(SHUT, 3)        /* shutdown: nothing is sent any more, and input goes on              */

#define PAGECAST_RESULTS(X)                                                                 \
  X(DONE, 0)                                                                                \
  X(PENDING, 1)     /* goes on by itself; SENT or CLOSED will tell                       */ \
  X(GONE, 2)        /* the connection is not there any more                              */

// CLOSED's reason: 0 the peer closed in good order, 1..4095 errno, and these.
#define PAGECAST_REASONS(X)                                                                 \
  X(FILE_SHORTENED, 4096) /* a file ended before its answer did: the connection was reset */ \
  X(BY_US, 4097)          /* engine.close(), or RESET                                     */ \
  X(FILE_CHANGED, 4098)   /* a file changed before its answer was done: reset             */ \
  X(BODY_BROKEN, 4099)    /* a body that was arriving has ended before its end: reset     */ \
  X(NO_HANDSHAKE, 4100)   /* TLS did not come about                                       */

// What a path leads to, and how a known entry compares with its path.
#define PAGECAST_KINDS(X) X(REGULAR, 1) X(DIRECTORY, 2) X(OTHER, 3)
// What keeps a file's bytes of one version, and what is asked for.
#define PAGECAST_PROTECTIONS(X)                                                             \
  X(OFF, 0)         /* nothing                                                           */ \
  X(SEALED, 1)      /* private memory, copied under a lease                              */ \
  X(LEASE, 2)       /* its own pages; writers wait                                       */ \
  X(COPY, 3)        /* private memory, copied without a lease, unchanged before and after */ \
  X(VERIFY, 4)      /* its own pages; the end is withheld until nothing has changed      */
#define PAGECAST_PROTECT(X) X(OFF, 0) X(SEALED, 1) X(LEASE, 2) X(COPY, 3) X(VERIFY, 4) X(AUTO, 5)

// What is taken of a file that somebody has open for writing.
#define PAGECAST_ACCEPT(X)                                                                  \
  X(WHOLE, 0)       /* nothing                                                           */ \
  X(GROWN, 1)       /* what was there before and has grown                               */ \
  X(ANY, 2)         /* the file as it is, when it has been quiet                         */

#define PAGECAST_CHECKS(X)                                                                  \
  X(SAME, 0)                                                                                \
  X(CHANGED, 1)                                                                             \
  X(MISSING, 2)                                                                             \
  X(DIRECTORY, 3)                                                                           \
  X(UNKNOWN, 4)     /* not from memory: ask the pool, engine.open()                      */ \
  X(EVICTED, 5)     /* same, but it lost its place in the arena: engine.open() puts it back */

// engine.counters, float64: monotonic unless said otherwise.
#define PAGECAST_COUNTERS(X)                                                                \
  X(connections)         /* open now                                                     */ \
  X(accepted)                                                                               \
  X(acceptAborted)       /* ECONNABORTED and its kin                                     */ \
  X(acceptRefused)       /* EMFILE, ENFILE, ENOBUFS, ENOMEM, or no slot                  */ \
  X(receiveCalls)                                                                           \
  X(sendCalls)                                                                              \
  X(sendfileCalls)                                                                          \
  X(bytesReceived)                                                                          \
  X(bytesMemory)         /* heads and bytes spans                                        */ \
  X(bytesArena)                                                                             \
  X(bytesSendfile)                                                                          \
  X(bytesPrivate)        /* of these, from sealed memory                                 */ \
  X(bytesLeased)         /* of these, from a leased file's own pages                     */ \
  X(bytesCopied)         /* copies of files, to peers on this host or to be encrypted    */ \
  X(answersParked)       /* had to wait for a snapshot                                   */ \
  X(guardExposed)        /* the writer was let in while a peer that may be on this host had perhaps not read: connections */ \
  X(tornPrevented)       /* a file changed in mid-answer: reset                          */ \
  X(sendsBlocked)        /* EAGAIN or short: continued later                             */ \
  X(quantaUsedUp)        /* a connection made way for the others                         */ \
  X(readAheads)          /* windows that were not in memory                              */ \
  X(filesShortened)      /* a file ended before its answer did: reset                    */ \
  X(bodiesBroken)        /* answers that followed a body which broke off: reset          */ \
  X(sendErrors)          /* EPIPE, ECONNRESET, EIO, ...                                  */ \
  X(resets)              /* sent by us                                                   */ \
  X(handshakes)          /* of TLS, complete                                             */ \
  X(handshakesResumed)   /* of these, of a session that had begun before                 */ \
  X(handshakesFailed)    /* the peer was told why, or had gone                           */ \
  X(plaintextRefused)    /* spoke plain HTTP where TLS is spoken                         */ \
  X(bytesEncrypted)      /* of all that was sent, before it was encrypted                */

// engine.status, int32.
#define PAGECAST_STATUS(X)                                                                  \
  X(READY, 0)       /* connections with work left: call receive() again soon             */

// native.describe() fills float64 FACTS; the digest goes beside it.
#define PAGECAST_FACTS(X)                                                                   \
  X(SIZE, 0)                                                                                \
  X(MODIFIED_S, 1)                                                                          \
  X(MODIFIED_NS, 2)                                                                         \
  X(CHANGED_S, 3)                                                                           \
  X(CHANGED_NS, 4)                                                                          \
  X(HASHED, 5)                                                                              \
  X(IN_ARENA, 6)                                                                            \
  X(SETTLING, 7)                                                                            \
  X(INODE, 8)                                                                               \
  X(PROTECTION, 9)                                                                          \
  X(CAUSE, 10)      /* errno of what was refused on the way there, or 0                  */ \
  X(PRIVATE, 11)    /* all of it is in private memory                                    */

constexpr int32_t kEventWords = 6;
constexpr int32_t kEventsMax = 512;
constexpr int32_t kListenersMax = 64;
constexpr uint64_t kUntilEnd = (uint64_t{1} << 53) - 1;  // what a double still counts
constexpr int32_t kReceiveBytes = 16 << 10;  // the most taken from one connection at once

#define PAGECAST_CONSTANT(prefix, name, number) constexpr int32_t k##prefix##_##name = number;
#define X(name, number) PAGECAST_CONSTANT(Event, name, number)
PAGECAST_EVENTS(X)
#undef X
#define X(name, number) PAGECAST_CONSTANT(Command, name, number)
PAGECAST_COMMAND(X)
#undef X
#define X(name, number) PAGECAST_CONSTANT(Span, name, number)
PAGECAST_SPAN(X)
#undef X
#define X(name, number) PAGECAST_CONSTANT(SpanKind, name, number)
PAGECAST_SPAN_KINDS(X)
#undef X
#define X(name, number) PAGECAST_CONSTANT(After, name, number)
PAGECAST_AFTER(X)
#undef X
#define X(name, number) PAGECAST_CONSTANT(Result, name, number)
PAGECAST_RESULTS(X)
#undef X
#define X(name, number) PAGECAST_CONSTANT(Reason, name, number)
PAGECAST_REASONS(X)
#undef X
#define X(name, number) PAGECAST_CONSTANT(Kind, name, number)
PAGECAST_KINDS(X)
#undef X
#define X(name, number) PAGECAST_CONSTANT(Protection, name, number)
PAGECAST_PROTECTIONS(X)
#undef X
#define X(name, number) PAGECAST_CONSTANT(Protect, name, number)
PAGECAST_PROTECT(X)
#undef X
#define X(name, number) PAGECAST_CONSTANT(Accept, name, number)
PAGECAST_ACCEPT(X)
#undef X
#define X(name, number) PAGECAST_CONSTANT(Check, name, number)
PAGECAST_CHECKS(X)
#undef X
#define X(name, number) PAGECAST_CONSTANT(Status, name, number)
PAGECAST_STATUS(X)
#undef X
#define X(name, number) PAGECAST_CONSTANT(Fact, name, number)
PAGECAST_FACTS(X)
#undef X

enum Counter : int {
#define X(name) kCounter_##name,
  PAGECAST_COUNTERS(X)
#undef X
      kCounters
};

}  // namespace pagecast
