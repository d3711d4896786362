// The events of docs/api.md as values. Fields the daemon leaves out read as empty. Thread rules: plain values.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "format/json.h"

namespace orbit::cli {

struct WarningEvent {
  std::string message, hint;
  Location at;
};

struct ProblemEvent {
  std::string code, message, hint;
  Location at;
};

struct WaitingEvent {
  std::string project, operation;
};

struct StepEvent {
  std::string kind, name, service, state, detail;
  std::int64_t current = 0, total = 0;
};

struct BuildEvent {
  std::string service, text;
};

struct FailureEvent {
  std::string service, container, code, message, hint;
  int exitCode = 0;
  Location at;
  std::vector<std::string> log;
};

struct LogEvent {
  std::string service, container, stream, text;
  std::int64_t timeUs = 0;
  format::Json body = {};  // all of it
};

struct RequestEvent {
  std::string method, host, path, outcome, service, release, client;
  int status = 0;
  std::int64_t timeUs = 0, durationUs = 0;
  format::Json body;  // all of it
};

struct ContainerEvent {
  std::string service, container, state;
  int exitCode = 0;
};

struct RowEvent {
  std::string service, container, id, image, state, health, ports, command, url;
  std::string environment, release;  // "" for development
  int exitCode = 0, number = 1;
  bool oneOff = false;
  std::int64_t createdUs = 0, startedUs = 0;
};

struct VariableEvent {
  std::string environment, service, name, value;  // a secret's value is never told
  bool secret = false;
  int version = 0;
  std::int64_t setUs = 0;
  format::Json body;  // all of it
};

struct CreatedEvent {
  std::string container;
};

// Where a service answers.
struct UrlEvent {
  std::string service, url;
};

struct DroppedEvent {
  std::int64_t events = 0;
};

struct NeededContext {
  std::string service, folder, dockerfile, dockerfileInline;
};

struct NeedEvent {
  std::vector<std::string> files, variables;
  std::vector<NeededContext> contexts;
};

struct ConfigEvent {
  format::Json body;
};

// What a deploy is going to do.
struct PlanEvent {
  format::Json body;
};

// A deploy, or a service of it, has come to a stage.
struct StageEvent {
  std::string stage, service, text;
  std::optional<ProblemEvent> problem;
  std::vector<std::string> log;
  format::Json numbers;
};

struct ResultEvent {
  std::string outcome;  // ok, failed, cancelled, need
  std::int64_t elapsedMs = 0;
  format::Json body = {};  // all of it: verbs of deploys say more
};

using Event = std::variant<WarningEvent, ProblemEvent, WaitingEvent, StepEvent, BuildEvent, FailureEvent, LogEvent,
                           ContainerEvent, RowEvent, CreatedEvent, UrlEvent, DroppedEvent, NeedEvent, RequestEvent,
                           ConfigEvent, VariableEvent, PlanEvent, StageEvent, ResultEvent>;

// One line of an answer. Errors: kProtocol when it is no event this version knows.
Result<Event> parseEvent(std::string_view line);
ProblemEvent problemFrom(const format::Json& body);
ProblemEvent problemFrom(const Error& error);

}  // namespace orbit::cli
