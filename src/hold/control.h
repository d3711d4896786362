// The connections to hold's control socket. Private to hold. Thread rules: hold's one thread.
#pragma once
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "base/base.h"

struct pollfd;

namespace orbit::hold {

class Control {
 public:
  // `obey` gets a command's words and answers it; "" = answer later, by answerRest().
  using Obey = std::function<std::string(const std::vector<std::string>& words)>;
  Control(int listener, Obey obey) : listener_(listener), obey_(std::move(obey)) {}
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  void addTo(std::vector<pollfd>& watched) const;
  // Accepts, reads and answers whatever is there.
  void serve(Instant now);
  // When the slowest has to be dropped.
  Instant nextDeadline() const;
  // Answers those that wait for a later answer, and closes.
  void answerRest(const std::string& answer);

 private:
  struct Connection {
    int descriptor = -1;
    Instant deadline{};
    std::string received;
    bool waiting = false;  // its command is understood; the answer comes later
  };
  void acceptAll(Instant now);
  // False when the connection is done.
  bool readFrom(Connection& connection);

  int listener_;
  Obey obey_;
  std::list<Connection> connections_;
};

}  // namespace orbit::hold
