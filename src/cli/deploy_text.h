// What `deploy`, `rollback` and their kin print: the plan, the stages as they come, the last line. Thread rules: pure,
// and StageLines one owner; the time comes in.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/events.h"
#include "cli/problem_text.h"
#include "cli/screen_text.h"
#include "format/json.h"

namespace orbit::cli {

// A stage as the table names it: "live" is "watching".
std::string stageWord(const std::string& stage);
// "412 requests, 0 errors, p99 38 ms", of what a status row says.
std::string numbersText(const format::Json& numbers);
// "412 requests, 0 failed, p99 38 ms (r11: 3700, 0 failed, p99 36 ms)": one service of a stage's numbers.
std::string besideText(const format::Json& service);
// "38 ms", "1.2 s".
std::string millisecondsText(double milliseconds);

// The stages as plain lines: each change at once, what only counts on now and then.
class StageLines {
 public:
  // "" when there is nothing new to tell.
  std::string line(const StageEvent& stage, Instant now);

 private:
  struct Last {
    std::string stage, text;
    Instant at;
  };
  std::map<std::string, Last> last_;  // by service
};

// `plan` is a plan event. `commits`: "9d8e7f6 fix the total (ann)", newest first, when known.
std::string planText(const format::Json& plan, const std::vector<std::string>& commits, const Place& place,
                     const Style& style);
// Before the first deploy begins: the services, and what the rules of production did.
std::string beforeDeployText(const format::Json& plan, const Place& place, const Style& style);

// How a deploy to this environment ("": production) is undone.
std::string undoCommand(const std::string& environment);
// The end of a deploy, rollback or promotion from its result, for a person … `undo`: "" when there is nothing to undo.
std::string endText(const format::Json& result, const std::string& environment, const std::string& undo,
                    const Style& style);
// … and as one line for a workflow: "r12 is promoted: …  https://…  undo: orbit rollback".
std::string summaryLine(const format::Json& result, const std::string& undo);

}  // namespace orbit::cli
