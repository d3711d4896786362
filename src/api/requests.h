// The requests of the verbs as plain values; each is decoded in its verb's file. Private to api. Thread rules: pure.
// Errors of all: kInvalid, naming the field.
#pragma once
#include "api/environment.h"
#include "api/target.h"
#include "api/traffic_view.h"
#include "engine/engine.h"
#include "logs/logs.h"
#include "model/domain.h"
#include "stack/stack.h"
#include "store/store.h"

namespace orbit::api {

using Tokens = std::map<std::string, std::string>;  // service → token of an uploaded context

struct UpRequest {
  TargetRequest target;
  stack::UpOptions options;
  Tokens contexts;
};
Result<UpRequest> decodeUp(const format::Json& body);

struct DownRequest {
  TargetRequest target;
  stack::Stack::DownOptions options;
};
Result<DownRequest> decodeDown(const format::Json& body);

struct ChangeRequest {  // start, stop, restart
  TargetRequest target;
  std::vector<std::string> services;
  std::optional<Duration> timeout;
};
Result<ChangeRequest> decodeChange(const format::Json& body);

struct BuildRequest {
  TargetRequest target;
  stack::Stack::BuildOptions options;
  Tokens contexts;
};
Result<BuildRequest> decodeBuild(const format::Json& body);

struct PullRequest {
  TargetRequest target;
  std::vector<std::string> services;
  bool ignoreFailures = false, includeDeps = false;
};
Result<PullRequest> decodePull(const format::Json& body);

struct ConfigRequest {
  TargetRequest target;
  std::string environment;  // "": the files as `up` reads them
};
Result<ConfigRequest> decodeConfig(const format::Json& body);

struct PsRequest {
  TargetRequest target;
  std::vector<std::string> services;
  std::string environment;  // "": of all
  bool all = false;
};
Result<PsRequest> decodePs(const format::Json& body);

struct LogsRequest {
  TargetRequest target;
  std::vector<std::string> services;
  std::string environment;  // "": of all
  engine::LogOptions options;
  logs::Query query;  // its conditions; keys, times and tail are those of `options`
};
Result<LogsRequest> decodeLogs(const format::Json& body);

struct ExecRequest {
  TargetRequest target;
  std::string service;
  std::string environment;  // "": development
  int index = 1;
  engine::ExecOptions options;
};
Result<ExecRequest> decodeExec(const format::Json& body);

struct RunRequest {
  TargetRequest target;
  stack::Stack::RunOptions options;
  Tokens contexts;
  bool remove = false, detach = false;
};
Result<RunRequest> decodeRun(const format::Json& body);

struct AttachRequest {
  std::string container;
  bool tty = false, remove = false;
};
Result<AttachRequest> decodeAttach(const format::Json& body);

struct AddDomainRequest {
  TargetRequest target;
  model::Domain domain;  // its project is the target's
};
Result<AddDomainRequest> decodeAddDomain(const format::Json& body);

struct DeployRequest {
  TargetRequest target;
  std::string environment;
  std::vector<std::string> services;
  deploy::Source source;
  deploy::Stage until = deploy::Stage::kPromoted;
  bool force = false, allowDevelopmentSecrets = false;
  Tokens contexts;
};
Result<DeployRequest> decodeDeploy(const format::Json& body);
// "live", "promoted" or "settled"; promoted when it is none of them.
deploy::Stage untilStage(std::string_view word);

struct FollowRequest {
  TargetRequest target;
  std::string environment;
  int group = 0;  // 0: the newest
  deploy::Stage until = deploy::Stage::kPromoted;
};
Result<FollowRequest> decodeFollow(const format::Json& body);

// What is left of a request about a whole environment, as its last fields.
Result<EnvironmentRequest> decodeEnvironment(Fields& fields);

struct VariablesRequest {  // list, set, unset, revoke
  TargetRequest target;
  std::string environment, service;
  std::vector<store::Variable> variables;  // to set; their project is the target's
  std::vector<std::string> names;          // to unset or revoke
};
Result<VariablesRequest> decodeListVariables(const format::Json& body);
Result<VariablesRequest> decodeSetVariables(const format::Json& body);
Result<VariablesRequest> decodeNamedVariables(const format::Json& body);

struct ShutdownRequest {
  std::vector<std::string> projects;
  bool all = false;
};
Result<ShutdownRequest> decodeShutdown(const format::Json& body);

struct RequestsRequest {
  TrafficFilter filter;
  bool follow = false;
  std::int64_t tail = -1;  // of those before now; -1: all that is known
};
Result<RequestsRequest> decodeRequests(const format::Json& body);

}  // namespace orbit::api
