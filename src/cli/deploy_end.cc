#include "cli/deploy_end.h"

#include <unistd.h>

#include "base/base.h"
#include "cli/deploy_text.h"
#include "cli/terminal.h"
#include "cli/workflow.h"

namespace orbit::cli {

int deployStatus(const ResultEvent& result) {
  const std::string& stage = result.body["stage"].asString();
  if (stage == "taken back") return kTakenBack;
  if (stage == "cancelled" || stage == "superseded") return kCancelled;
  if (stage == "failed" && !result.body["release"].asString().empty()) return kNotLive;
  return result.outcome == "ok" ? kDone : kFailed;
}

void printEvents(Session& session) {
  if (!session.line.json()) return;
  session.api.onLine = [&session](std::string_view line) {
    const auto event = format::parseJson(line);
    if (!event.ok()) return;
    const bool round = (*event)["event"].asString() == "need" || (*event)["outcome"].asString() == "need";
    if (!round) session.presenter.print(std::string(trim(line)) + "\n");
  };
}

Place placeOf(const Session& session) {
  Place place;
  place.workingDir = session.snapshot.workingDir();
  return place;
}

int endDeploy(Session& session, const Result<ResultEvent>& result, bool deploy) {
  const int finished = session.finish(result);
  if (!result.ok() || session.interrupted.requested()) return finished;
  const format::Json& body = result->body;
  const int status = deployStatus(*result);
  if (body["stage"].asString().empty()) return status;  // it never began; the problems are told
  const std::string undo = deploy && status == kDone ? undoCommand(session.line.text("environment")) : std::string();
  const std::string line = summaryLine(body, undo);
  if (deploy) tellWorkflow(body, line);
  if (session.line.json()) return status;  // the result was its last line
  const bool person = isTerminal(STDOUT_FILENO);
  session.presenter.print(person ? endText(body, session.line.text("environment"), undo, session.outStyle)
                                 : line + "\n");
  return status;
}

}  // namespace orbit::cli
