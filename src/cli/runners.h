// One function a verb: what to ask the daemon and how to show the answer. Each returns the exit status.
// Thread rules: the thread of the session's Loop.
#pragma once
#include "cli/session.h"

namespace orbit::cli {

net::Task<int> runUp(Session& session);
net::Task<int> runDown(Session& session);
// start, stop and restart.
net::Task<int> runChange(Session& session);
net::Task<int> runBuild(Session& session);
net::Task<int> runPull(Session& session);
net::Task<int> runConfig(Session& session);
net::Task<int> runPs(Session& session);
net::Task<int> runLs(Session& session);
net::Task<int> runLogs(Session& session);
net::Task<int> runRequests(Session& session);
net::Task<int> runMetrics(Session& session);
net::Task<int> runTop(Session& session);
net::Task<int> runExec(Session& session);
net::Task<int> runRun(Session& session);
net::Task<int> runDomainsAdd(Session& session);
net::Task<int> runDomainsList(Session& session);
net::Task<int> runDomainsCheck(Session& session);
net::Task<int> runDomainsRemove(Session& session);
net::Task<int> runDomainsAuthority(Session& session);
net::Task<int> runDeploy(Session& session);
net::Task<int> runRollback(Session& session);
net::Task<int> runPromote(Session& session);
net::Task<int> runReleases(Session& session);
net::Task<int> runShow(Session& session);
net::Task<int> runStatus(Session& session);
net::Task<int> runOpen(Session& session);
net::Task<int> runAlerts(Session& session);
net::Task<int> runAlertsTest(Session& session);
net::Task<int> runIncidents(Session& session);
net::Task<int> runIncidentsAck(Session& session);
net::Task<int> runIncidentsSilence(Session& session);
net::Task<int> runIncidentsResolve(Session& session);
net::Task<int> runObjectives(Session& session);
net::Task<int> runVarsSet(Session& session);
net::Task<int> runVarsList(Session& session);
net::Task<int> runVarsUnset(Session& session);
net::Task<int> runVarsRevoke(Session& session);
net::Task<int> runVarsImport(Session& session);
net::Task<int> runVersion(Session& session);
net::Task<int> runLink(Session& session);
// The far end of a link: standard input and output are joined with the daemon.
net::Task<int> runApiStdio(Session& session);
net::Task<int> runServerStatus(Session& session);
net::Task<int> runServerStop(Session& session);

}  // namespace orbit::cli
