// How deploys, rollbacks and promotions end: what is printed, what a workflow is told, the exit status. Thread rules:
// the thread of the session's Loop.
#pragma once
#include "cli/session.h"

namespace orbit::cli {

// Shows what went wrong and the last line; returns the exit status. `deploy`: a workflow is told of it, and how to undo
// it is said.
int endDeploy(Session& session, const Result<ResultEvent>& result, bool deploy);
// 0, 3, 4, 5 or 1.
int deployStatus(const ResultEvent& result);
// With --json: each event of what follows goes to the result side, a line each, but what only this program needs to
// know.
void printEvents(Session& session);
// For plans: paths as this folder has them.
Place placeOf(const Session& session);

}  // namespace orbit::cli
