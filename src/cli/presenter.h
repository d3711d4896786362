// Shows an operation while it runs: a live table on a terminal, plain lines without one. Failures and problems are
// kept for the end, where a person looks. Thread rules: one owner; it writes only through its Surface, the time comes
// in.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/deploy_text.h"
#include "cli/events.h"
#include "cli/problem_text.h"
#include "cli/progress_table.h"

namespace orbit::cli {

// Where text goes and how much room there is.
struct Surface {
  std::function<void(std::string_view)> out;  // results: listings, logs
  std::function<void(std::string_view)> err;  // progress, warnings, failures
  std::function<Size()> size;
};

class Presenter {
 public:
  enum class Mode { kLive, kPlain, kQuiet };
  struct Options {
    Mode mode = Mode::kPlain;
    Style style;  // of the error side
    bool showBuild = true;
    bool showPull = true;
    Place place;
  };
  Presenter(Surface surface, Options options, Instant start);
  ~Presenter();

  void handle(const Event& event, Instant now);
  // A line of Orbit's own, above the table.
  void say(const std::string& text);
  // A result, to the result side, above the table.
  void print(const std::string& text);
  void tick(Instant now);  // redraws the live table
  bool live() const { return options_.mode == Mode::kLive; }
  bool showsTable() const { return live() && !table_.empty(); }
  // The last frame stays, failures follow, the cursor is back. What comes later begins a new table.
  void close(Instant now);
  // Shows an interrupted terminal program's cursor again.
  void showCursor();

  bool failed() const { return failed_; }

 private:
  void onStep(const StepEvent& step, Instant now);
  void onBuild(const BuildEvent& build, Instant now);
  void onStage(const StageEvent& stage, Instant now);
  void erase();
  void draw(Instant now);
  std::string tailOf(const std::string& service) const;

  Surface surface_;
  Options options_;
  ProgressTable table_;
  std::vector<FailureEvent> failures_;
  std::vector<ProblemEvent> problems_;
  std::map<std::string, StageEvent> stopped_;  // by service: what a deploy failed on, for what no failure tells
  StageLines stageLines_;
  std::set<std::string> told_;  // warnings: each round and call of one command repeats them
  std::map<std::string, std::deque<std::string>> buildTails_;  // last lines, for a failed build
  std::vector<std::size_t> drawn_;                             // widths of the lines on the screen
  bool cursorHidden_ = false;
  bool failed_ = false;
};

}  // namespace orbit::cli
