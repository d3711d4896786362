// The connections to hold's control socket, and the channels of its children. Private to hold. Thread rules: hold's one
// thread.
#pragma once
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "base/base.h"

struct pollfd;

namespace orbit::hold {

// Who asks: a connection that closes after its answer, or a child on its channel.
struct Caller {
  std::uint64_t ticket = 0;  // to answer it later
  int pid = 0;               // of the child; 0: from the socket
};

struct Reply {
  std::string text;  // "" = answered later, by answer() or answerRest()
  // One a line of `text`, to be handed over; they stay ours.
  std::vector<int> descriptors = {};
};

class Control {
 public:
  using Obey = std::function<Reply(const std::vector<std::string>& words, const Caller& caller)>;
  Control(int listener, Obey obey) : listener_(listener), obey_(std::move(obey)) {}
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  void addTo(std::vector<pollfd>& watched) const;
  // Accepts, reads and answers whatever is there.
  void serve(Instant now);
  // Takes a child's channel; owns the descriptor.
  void addChannel(int pid, int descriptor);
  // When the slowest has to be dropped.
  Instant nextDeadline() const;
  void answer(std::uint64_t ticket, const std::string& text);
  // Answers those that wait for a later answer, and closes.
  void answerRest(const std::string& text);

 private:
  struct Connection {
    int descriptor = -1;
    Instant deadline = Instant::max();
    std::uint64_t ticket = 0;
    int pid = 0;
    std::string received = {};
    bool waiting = false;  // its command is understood; the answer comes later
  };
  void acceptAll(Instant now);
  // False when the connection is done.
  bool readFrom(Connection& connection);
  bool obeyLine(Connection& connection, std::string_view line);
  std::size_t callers() const;

  int listener_;
  Obey obey_;
  std::list<Connection> connections_;
  std::uint64_t lastTicket_ = 0;
};

}  // namespace orbit::hold
