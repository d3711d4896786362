// The processes hold keeps alive, and their generations. Private to hold. Thread rules: hold's one thread.
#pragma once
#include <string>
#include <vector>

#include "hold/hold.h"
#include "hold/spawn.h"

namespace orbit::hold {

// How long to wait before a child is started again that has now ended `quickEnds` times in a row within 10 s.
Duration restartDelay(int quickEnds);

class Children {
 public:
  // `output`: where their standard output and error go. Generations count from `firstGeneration`.
  Children(const std::vector<Child>& children, std::vector<Listening> listeners, int output,
           std::uint64_t firstGeneration);

  // Starts what is due at `now`, and kills what is over its time.
  void keepUp(Instant now);
  // The earliest time keepUp has something to do, or Instant::max().
  Instant nextDue() const;
  // Takes the exits of those that ended and plans their next start.
  void takeExits(Instant now);
  // "" or why not.
  std::string restart(const std::string& name, Instant now);
  // "" or why not; how it went comes by takeAnswers() under `ticket`.
  std::string replace(const std::string& name, Instant now, std::uint64_t ticket);
  // The process says that it serves.
  void ready(int pid, Instant now);
  // Whether it may ask for listeners: a generation that leaves may not.
  bool mayAsk(int pid) const;
  void signalAll(int signal);
  // No child is started any more; who waits for a replacement is told.
  void closeDown();
  bool anyAlive() const;
  std::string status() const;

  struct Answer {
    std::uint64_t ticket = 0;
    std::string text;
  };
  std::vector<Answer> takeAnswers() { return std::exchange(answers_, {}); }
  // hold's ends of the channels of processes started since the last call; the caller owns them.
  struct Channel {
    int pid = 0;
    int descriptor = -1;
  };
  std::vector<Channel> takeChannels() { return std::exchange(channels_, {}); }

 private:
  struct Process {
    int pid = 0;  // 0: none
    std::uint64_t generation = 0;
    Instant started{};
    Instant killAt = Instant::max();
    bool ready = false;
  };
  struct Entry {
    Child child;
    Process current;
    Process next;                  // a successor that is not ready yet
    std::vector<Process> leaving;  // oldest first
    Instant due{};                 // of the next start, when none runs
    int quickEnds = 0;
    int starts = 0;
    bool wanted = false;       // its end was asked for: no back-off
    std::uint64_t ticket = 0;  // who waits for the replacement; 0: nobody
  };
  void start(Entry& entry, Process& into, Instant now);
  void currentEnded(Entry& entry, int status, Instant now);
  void nextEnded(Entry& entry, int status);
  void takeOver(Entry& entry, Instant now);
  void answer(Entry& entry, std::string text);
  Entry* find(const std::string& name);
  template <class Visit>
  void forEach(Visit visit) const;

  std::vector<Entry> entries_;
  std::vector<Listening> listeners_;
  int output_;
  std::uint64_t nextGeneration_;
  std::vector<Answer> answers_;
  std::vector<Channel> channels_;
  bool closing_ = false;
};

}  // namespace orbit::hold
