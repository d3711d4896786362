// What an operation has come to, from its events: the live table of a terminal and the plain lines without one.
// Thread rules: one owner; pure, the time comes in.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/events.h"
#include "cli/screen_text.h"

namespace orbit::cli {

// " Container shop-db-1  Started": one line for a change of state, "" for a mere progress report.
std::string plainLine(const StepEvent& step);

struct Size {
  std::size_t columns = 80;
  std::size_t lines = 24;
};

class ProgressTable {
 public:
  explicit ProgressTable(Instant start) : start_(start) {}

  void apply(const StepEvent& step, Instant now);
  void apply(const BuildEvent& build, Instant now);
  void apply(const FailureEvent& failure, Instant now);
  void apply(const StageEvent& stage, Instant now);
  // What a listing says of a container: image, ports, health.
  void apply(const RowEvent& row);

  bool empty() const { return rows_.empty(); }
  // Whether something still goes on, so that the spinner turns.
  bool busy() const;
  // The table's lines, each narrower than the screen, fewer than its height.
  std::vector<std::string> lines(Size size, Instant now, const Style& style) const;

 private:
  enum class Phase { kWaiting, kBusy, kDone, kSkipped, kFailed };
  struct Row {
    std::string kind, name, service;
    std::string state, health, ports, image, detail;
    Phase phase = Phase::kBusy;
    bool fromImage = false;  // no container yet: made by an image's step
    bool staged = false;     // of a deploy: its detail stays when it is done
    Instant since, until;
  };
  Row& rowFor(const StepEvent& step, Instant now);
  void applyStage(const StageEvent& stage, const std::string& service, const std::string& said, Instant now);
  Row& serviceRow(const std::string& service, Instant now);
  std::string label(const Row& row) const;
  std::vector<const Row*> shown(std::size_t room) const;
  std::string header(Instant now, const Style& style) const;
  std::vector<std::size_t> widthsOf(const std::vector<const Row*>& rows, Size size) const;
  std::string rowLine(const Row& row, const std::vector<std::size_t>& widths, Size size, Instant now,
                      const Style& style) const;
  std::string mark(const Row& row, Instant now, const Style& style) const;

  Instant start_;
  std::vector<Row> rows_;  // in the order they appeared
  std::string headline_;   // of a deploy: what it has come to; "": how many rows are done
};

}  // namespace orbit::cli
