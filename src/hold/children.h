// The processes hold keeps alive. Private to hold. Thread rules: hold's one thread.
#pragma once
#include <string>
#include <vector>

#include "hold/hold.h"

namespace orbit::hold {

// How long to wait before a child is started again that has now ended `quickEnds` times in a row within 10 s.
Duration restartDelay(int quickEnds);

class Children {
 public:
  // `listeners`: descriptor by name. `output`: where their standard output and error go.
  struct Listening {
    std::string name;
    int descriptor = -1;
  };
  Children(const std::vector<Child>& children, std::vector<Listening> listeners, int output);

  // Starts what is due at `now`.
  void startDue(Instant now);
  // The earliest time startDue has something to do, or Instant::max().
  Instant nextStart() const;
  // Takes the exits of those that ended and plans their next start.
  void takeExits(Instant now);
  // False when there is none of that name.
  bool restart(const std::string& name);
  void signalAll(int signal);
  // No child is started any more.
  void closeDown() { closing_ = true; }
  bool anyAlive() const;
  std::string status() const;

 private:
  struct Entry {
    Child child;
    int pid = 0;  // 0: not running
    Instant started{};
    Instant due{};  // of the next start, when not running
    int quickEnds = 0;
    int starts = 0;
    bool wanted = false;  // its end was asked for: no back-off
  };
  void start(Entry& entry, Instant now);
  [[noreturn]] void becomeChild(const Child& child, int parent);

  std::vector<Entry> entries_;
  std::vector<Listening> listeners_;
  int output_;
  bool closing_ = false;
};

}  // namespace orbit::hold
