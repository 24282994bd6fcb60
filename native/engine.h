// The burst engine of one loop thread: connections in slots, receive() brings in what is ready on all of them,
// send() carries out what TypeScript planned for them.
//
//   epoll (edge-triggered) -> service -> events + rx   |   commands + tx -> answers -> sockets
//
// Invariants: each ACCEPTED slot gets exactly one CLOSED; an event or command of an older generation never touches a
// slot's new owner; nothing here waits; what is ready but was not served (no room, quantum, paused) is remembered,
// because an edge comes only once.
#pragma once

#include <netinet/in.h>

#include <array>
#include <deque>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "answer.h"
#include "connection.h"
#include "files.h"
#include "guard.h"
#include "kernel.h"
#include "layout.h"
#include "pool.h"
#include "quiescence.h"
#include "resolve.h"
#include "ticket_keys.h"
#include "tls_context.h"

namespace pagecast {

// What all engines of a process share. Made once, never destroyed.
struct Process {
  Kernel& kernel;
  std::unique_ptr<Pool> pool;
  Quiescence quiescence;
  Arena arena{kernel, quiescence};
  PrivateMemory private_memory{kernel};
  Guard guard{*this};
  Files files{kernel, arena, private_memory, guard};
  TicketKeys ticket_keys;
  TlsContexts tls_contexts;

  Process(Kernel& k, std::unique_ptr<Pool> p) : kernel(k), pool(std::move(p)) {}
};

// Shared with TypeScript; lengths are given by kSlots and the areas' sizes.
struct Areas {
  int32_t* events;     // kEventsMax * kEventWords
  uint8_t* rx;
  size_t rx_bytes;
  double* commands;
  size_t command_words;
  uint8_t* tx;
  size_t tx_bytes;
  int32_t* status;
  double* counters;    // kCounters
  double* progress;    // a slot: bytes sent so far, for the watch over stalled sends
  uint8_t* paused;     // a slot: 1 while TypeScript wants no more input
  uint8_t* starving;   // a slot: 1 while its answer waits for a body to arrive
  uint8_t* broken;     // a record: 1 when its lease is broken, 2 when it is damaged, and it is no version to be answered with
  uint32_t slots;
};

// What an epoll event stands for: a connection's slot and generation, or one of these in place of the generation.
// Generations are even, so they are never taken for a mark.
constexpr uint32_t kListenerMark = 1;
constexpr uint32_t kMailboxMark = 3;
constexpr uint32_t kTimerMark = 5;

inline uint64_t tag(uint32_t low, uint32_t high) { return static_cast<uint64_t>(high) << 32 | low; }

class BytesJob;
class FileJob;
class ReadAheadJob;

class Engine {
 public:
  Engine(Process& process, const Areas& areas);
  ~Engine();
  Engine(const Engine&) = delete;

  int poll_fd() const { return epoll_; }
  int listen(int fd, bool shared);  // listener number or -errno; the descriptor stays its owner's
  int unlisten(int listener);
  int accept_again(int listener);
  // A connection that somebody else has: its slot, or -errno. What is sent on it goes out between what its owner writes. It is
  // paused, and stays the owner's: CLOSED says that nothing can be sent on it from here any more.
  int borrow(int fd);
  uint32_t generation(uint32_t slot) const { return slot < connections_.size() ? connections_[slot].generation : 0; }

  int receive();              // how many events
  int send(size_t words);     // how many commands are not DONE
  void resume(uint32_t slot, uint32_t generation);
  void close(uint32_t slot, uint32_t generation, bool hard);
  int unacknowledged(uint32_t slot, uint32_t generation) const;
  const Connection* find(uint32_t slot, uint32_t generation) const;
  // From now on the connection speaks TLS, of which bytes[0, length) have come already. 0 or -errno.
  int secure(uint32_t slot, uint32_t generation, uint32_t context, const uint8_t* bytes, size_t length);

  int open_root(const char* path);
  void close_root(int root);
  int check(int root, const char* path, int64_t file, Symlinks symlinks, bool refresh_root);
  bool open(uint32_t ticket, const std::string& root, const std::string& path, Symlinks symlinks, const LoadLimits& limits);
  void retain(uint32_t file);
  void release(uint32_t file);
  // Bytes from private memory, where the record has such: how many, or -EAGAIN.
  ssize_t copy(uint32_t file, uint64_t offset, uint8_t* into, size_t length);
  // Answered by READ, but keep(): by OPENED. False: the pool's queue is full.
  bool read(uint32_t ticket, uint32_t file);
  bool list(uint32_t ticket, const std::string& root, const std::string& path, Symlinks symlinks, bool dotfiles, uint32_t names_max);
  bool keep(uint32_t ticket, const std::string& key, std::vector<uint8_t> bytes, size_t arena_bytes_max);
  // A body that arrives, filled by this engine: record number, 0, or -errno. One that is not ended when the engine goes is broken.
  int begin(const std::string& key, int fd);
  int append(uint32_t file, const uint8_t* bytes, size_t length);
  void rise(uint32_t file, size_t length);
  void end(uint32_t file, bool whole);
  // A whole body into shared memory, as another record. Answered by OPENED.
  bool settle_body(uint32_t ticket, uint32_t file, const std::string& key, size_t arena_bytes_max);
  // What READ announced, once.
  std::vector<uint8_t> take(uint32_t ticket);

  // Jobs come back here.
  void opened(FileJob& job);
  void was_read(BytesJob& job);
  void was_read_ahead(const ReadAheadJob& job);
  void has_grown(const File* file);
  Census heed(File& file, Question question);

  // A hot file is copied into sealed memory.
  void keep_private(uint32_t file);
  void limit_guard(const GuardLimits& limits, int unsent_bytes_max);

 private:
  struct Listener {
    int fd = -1;
    bool shared = false;
    bool paused = false;
  };
  struct Root {
    std::string path;
    int fd = -1;
    bool open = false;
  };

  Connection* live(uint32_t slot, uint32_t generation);
  bool submit(std::unique_ptr<Job> job);
  // Before each step that may report: a step reports a handful of events and receives at most once.
  bool room() const { return event_count_ < kEventsMax - 8 && rx_used_ + kReceiveBytes <= areas_.rx_bytes; }
  void event(int32_t type, int32_t a, int32_t b, int32_t c = 0, int32_t d = 0, int32_t e = 0);
  void accept_burst(int32_t number);
  int64_t vacant_slot();
  int occupy(uint32_t slot, int fd, const sockaddr_in6& address, uint32_t edges);
  void pause(int32_t number, int error);
  void service(uint32_t slot);
  void read(uint32_t slot);
  void read_secure(uint32_t slot);
  TlsSession::Reading decrypt(uint32_t slot, size_t& taken);
  bool refuses_plaintext(uint32_t slot, const uint8_t* bytes, size_t length);
  void refuse_handshake(uint32_t slot);
  void send_secure_output(uint32_t slot);
  void part(Connection& connection);
  Advance carry(Connection& connection, std::vector<Span>& spans, size_t& first, int32_t after, double& sent);
  void discard_input(uint32_t slot);
  void flush(uint32_t slot);
  void execute(double* command);
  void settle(uint32_t slot, const Advance& outcome, Pending& front);
  void finish(uint32_t slot, int32_t after);
  void note_damage(const Span& span, int reason);
  void read_ahead(uint32_t slot, const Pending& front);
  void take_mail();
  void take_deferred();
  void publish_status();
  void make_ready(uint32_t slot);
  void close_slot(uint32_t slot, int32_t reason, bool hard);
  SendContext context();
  bool expand(Pending& pending);
  void starve(uint32_t slot, const Pending& front);
  void prove(uint32_t slot, Pending& front);
  void wait_a_moment(uint32_t slot);
  void timer_rang();
  void arm_timer();
  bool tidy(SharedPages& pages, double acknowledged, Nearness nearness);
  bool tidy(uint32_t slot);
  bool leave(uint32_t slot, bool hard);
  void orphan(SharedPages& pages, Nearness nearness);
  void tidy_leavers();
  void heed_leavers(const File& file, Question question, Census& census);
  void remember_sharing(uint32_t slot);
  void add_wanted(const Connection& connection, const File& file, Census& census) const;
  void drop(Pending& pending);
  void drop(File* file);

  Process& process_;
  Kernel& kernel_;
  Areas areas_;
  Quiescence::Reader reader_;
  std::shared_ptr<Mailbox> mailbox_;
  int epoll_ = -1;
  int32_t event_count_ = 0;
  size_t rx_used_ = 0;
  std::vector<Connection> connections_;
  std::vector<uint32_t> free_;
  std::vector<uint32_t> ready_;
  std::vector<uint32_t> ready_now_;
  std::deque<std::array<int32_t, kEventWords>> deferred_;  // events for the next receive()
  std::array<Listener, kListenersMax> listeners_;
  std::vector<Root> roots_;
  std::vector<Span> spans_;  // of the command at hand
  int handshake_steps_ = 0;  // of this receive()
  std::vector<uint8_t> wire_;  // ciphertext that has just come
  int timer_ = -1;
  int64_t timer_due_ms_ = 0;          // 0: not armed
  std::vector<uint32_t> waiting_;     // to be served again in a millisecond
  std::vector<uint32_t> sharing_;     // with pages of leased files on their way
  std::vector<Leaving> leaving_;
  std::vector<std::pair<File*, int64_t>> orphans_;  // acknowledged, perhaps unread, by peers we have closed; until then
  bool copy_for_unknown_ = false;
  int unsent_bytes_max_ = 0;
  std::unordered_map<uint32_t, std::vector<uint8_t>> read_;  // by ticket, until they are taken
  std::unordered_set<File*> filling_;  // bodies that arrive through us, with a reference each until they end
  std::unordered_map<const File*, std::unordered_map<uint32_t, uint32_t>> starving_;  // slots that wait for one, with their generations
  std::unordered_map<File*, uint32_t> held_;  // references that TypeScript holds through us
};

}  // namespace pagecast
