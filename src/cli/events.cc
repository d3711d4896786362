#include "cli/events.h"

#include "base/base.h"

namespace orbit::cli {
namespace {

using format::Json;

int intOf(const Json& value, int fallback = 0) {
  return static_cast<int>(std::clamp<std::int64_t>(value.asInt(fallback), INT32_MIN, INT32_MAX));
}

Location locationOf(const Json& at) {
  return {at["file"].asString(), intOf(at["line"]), intOf(at["column"])};
}

FailureEvent failureFrom(const Json& body) {
  return {.service = body["service"].asString(),
          .container = body["container"].asString(),
          .code = body["code"].asString(),
          .message = body["message"].asString(),
          .hint = body["hint"].asString(),
          .exitCode = intOf(body["exitCode"]),
          .at = locationOf(body["at"]),
          .log = body["log"].asStrings()};
}

StepEvent stepFrom(const Json& body) {
  return {.kind = body["kind"].asString(),
          .name = body["name"].asString(),
          .service = body["service"].asString(),
          .state = body["state"].asString(),
          .detail = body["detail"].asString(),
          .current = body["current"].asInt(),
          .total = body["total"].asInt()};
}

RowEvent rowFrom(const Json& body) {
  return {.service = body["service"].asString(),
          .container = body["container"].asString(),
          .id = body["id"].asString(),
          .image = body["image"].asString(),
          .state = body["state"].asString(),
          .health = body["health"].asString(),
          .ports = body["ports"].asString(),
          .command = body["command"].asString(),
          .url = body["url"].asString(),
          .environment = body["environment"].asString(),
          .release = body["release"].asString(),
          .exitCode = intOf(body["exitCode"]),
          .number = intOf(body["number"], 1),
          .oneOff = body["oneOff"].asBool(),
          .createdUs = body["createdUs"].asInt(),
          .startedUs = body["startedUs"].asInt()};
}

NeedEvent needFrom(const Json& body) {
  NeedEvent need{.files = body["files"].asStrings(), .variables = body["variables"].asStrings(), .contexts = {}};
  for (const auto& context : body["contexts"].items()) {
    need.contexts.push_back({context["service"].asString(), context["folder"].asString(),
                             context["dockerfile"].asString(), context["dockerfileInline"].asString()});
  }
  return need;
}

LogEvent logFrom(const Json& body) {
  return {.service = body["service"].asString(),
          .container = body["container"].asString(),
          .stream = body["stream"].asString(),
          .text = body["text"].asString(),
          .timeUs = body["timeUs"].asInt(),
          .body = body};
}

RequestEvent requestFrom(const Json& body) {
  return {.method = body["method"].asString(),
          .host = body["host"].asString(),
          .path = body["path"].asString(),
          .outcome = body["outcome"].asString(),
          .service = body["service"].asString(),
          .release = body["release"].asString(),
          .client = body["client"].asString(),
          .status = intOf(body["status"]),
          .timeUs = body["timeUs"].asInt(),
          .durationUs = body["durationUs"].asInt(),
          .body = body};
}

StageEvent stageFrom(const Json& body) {
  StageEvent event{.stage = body["stage"].asString(),
                   .service = body["service"].asString(),
                   .text = body["text"].asString(),
                   .problem = std::nullopt,
                   .log = body["log"].asStrings(),
                   .numbers = body["numbers"]};
  if (body.has("problem")) event.problem = problemFrom(body["problem"]);
  return event;
}

VariableEvent variableFrom(const Json& body) {
  return {.environment = body["environment"].asString(),
          .service = body["service"].asString(),
          .name = body["name"].asString(),
          .value = body["value"].asString(),
          .secret = body["secret"].asBool(),
          .version = intOf(body["version"]),
          .setUs = body["setUs"].asInt(),
          .body = body};
}

}  // namespace

ProblemEvent problemFrom(const Json& body) {
  return {body["code"].asString(), body["message"].asString(), body["hint"].asString(), locationOf(body["at"])};
}

ProblemEvent problemFrom(const Error& error) {
  return {std::string(codeName(error.code)), error.message, error.hint, error.at};
}

Result<Event> parseEvent(std::string_view line) {
  ORBIT_TRY(const Json body, format::parseJson(line, "the daemon's answer"));
  const std::string& kind = body["event"].asString();
  if (kind == "step") return Event(stepFrom(body));
  if (kind == "build") return Event(BuildEvent{body["service"].asString(), body["text"].asString()});
  if (kind == "log") return Event(logFrom(body));
  if (kind == "request") return Event(requestFrom(body));
  if (kind == "row") return Event(rowFrom(body));
  if (kind == "warning") {
    return Event(WarningEvent{body["message"].asString(), body["hint"].asString(), locationOf(body["at"])});
  }
  if (kind == "problem") return Event(problemFrom(body));
  if (kind == "failure") return Event(failureFrom(body));
  if (kind == "need") return Event(needFrom(body));
  if (kind == "waiting") return Event(WaitingEvent{body["project"].asString(), body["for"].asString()});
  if (kind == "container") {
    return Event(ContainerEvent{body["service"].asString(), body["container"].asString(), body["state"].asString(),
                                intOf(body["exitCode"])});
  }
  if (kind == "created") return Event(CreatedEvent{body["container"].asString()});
  if (kind == "url") return Event(UrlEvent{body["service"].asString(), body["url"].asString()});
  if (kind == "dropped") return Event(DroppedEvent{body["events"].asInt()});
  if (kind == "variable") return Event(variableFrom(body));
  if (kind == "config") return Event(ConfigEvent{body});
  if (kind == "plan") return Event(PlanEvent{body});
  if (kind == "stage") return Event(stageFrom(body));
  if (kind == "result") return Event(ResultEvent{body["outcome"].asString(), body["elapsedMs"].asInt(), body});
  return Error{.code = Code::kProtocol,
               .message = "The daemon sent an event that this orbit does not know: '" + kind + "'",
               .hint = "Restart it: orbit server stop"};
}

}  // namespace orbit::cli
