#include "cli/request.h"

#include "base/base.h"
#include "cli/moment.h"
#include "format/quantity.h"

namespace orbit::cli {
namespace {

using format::Json;

Error wrong(std::string message, std::string hint = {}) {
  return Error{.code = Code::kInvalid, .message = std::move(message), .hint = std::move(hint)};
}

// Two flags that ask for opposite things.
Status apart(const CommandLine& line, std::string_view one, std::string_view other) {
  if (!line.on(one) || !line.on(other)) return {};
  return wrong("--" + std::string(one) + " and --" + std::string(other) + " exclude each other",
               "Leave one of them out");
}

void setSeconds(Json& body, std::string_view key, const CommandLine& line, std::string_view flag) {
  const auto value = line.number(flag);
  if (value) body.set(key, std::max(*value, 0));
}

// NAME=VALUE pairs as an object; a bare NAME takes the shell's value, and is left out when the shell has none.
Json pairs(const std::vector<std::string>& items, const Variables& lookUp) {
  Json out = Json::object();
  for (const auto& item : items) {
    const auto equals = item.find('=');
    const std::string name = item.substr(0, equals);
    const auto value = equals == std::string::npos ? lookUp(name) : std::optional<std::string>(item.substr(equals + 1));
    if (value) out.set(name, *value);
  }
  return out;
}

Result<Json> scales(const CommandLine& line) {
  Json out = Json::object();
  for (const auto& item : line.list("scale")) {
    const auto equals = item.find('=');
    int count = -1;
    if (equals != std::string::npos && equals > 0) {
      const char* end = item.data() + item.size();
      const auto [read, error] = std::from_chars(item.data() + equals + 1, end, count);
      if (error != std::errc() || read != end) count = -1;
    }
    if (count < 0) return wrong("--scale needs SERVICE=NUMBER, not '" + item + "'", "For example --scale backend=3");
    out.set(item.substr(0, equals), count);
  }
  return out;
}

void setSwitches(Json& body, const CommandLine& line,
                 std::initializer_list<std::pair<std::string_view, std::string_view>> switches) {
  for (const auto& [flag, key] : switches) {
    if (line.on(flag)) body.set(key, true);
  }
}

bool wantsTerminal(const CommandLine& line, bool terminal) {
  return terminal && !line.on("no-tty") && line.on("tty", true);
}

void setEnvironment(Json& body, const CommandLine& line) {
  if (line.isSet("environment")) body.set("environment", line.text("environment"));
}

Result<std::string> untilWord(const CommandLine& line) {
  const std::string until = line.text("until");
  if (until.empty() || until == "live" || until == "promoted" || until == "settled") return until;
  return wrong("--until is live, promoted or settled, not '" + until + "'");
}

}  // namespace

Json environmentRequest(const CommandLine& line) {
  Json body = namedProject(line);
  setEnvironment(body, line);
  return body;
}

Json rollbackRequest(const CommandLine& line) {
  Json body = environmentRequest(line);
  if (!line.arguments.empty()) body.set("target", line.arguments.front());
  return body;
}

Result<Json> followRequest(const CommandLine& line) {
  ORBIT_TRY(const std::string until, untilWord(line));
  Json body = environmentRequest(line);
  if (!until.empty()) body.set("until", until);
  return body;
}

Result<Json> deployRequest(const CommandLine& line, Json source) {
  ORBIT_TRY_STATUS(apart(line, "plan", "detach"));
  ORBIT_TRY_STATUS(apart(line, "plan", "cancel"));
  ORBIT_TRY_STATUS(apart(line, "plan", "follow"));
  ORBIT_TRY_STATUS(apart(line, "follow", "cancel"));
  if ((line.on("follow") || line.on("cancel")) && !line.arguments.empty()) {
    return wrong("--follow and --cancel are about the whole deploy that is under way", "Leave the services out");
  }
  ORBIT_TRY(const std::string until, untilWord(line));
  Json options = Json::object({{"services", Json::strings(line.arguments)}});
  setSwitches(options, line, {{"force", "force"}, {"allow-dev-secrets", "allowDevSecrets"}});
  if (!until.empty()) options.set("until", until);
  Json body = Json::object();
  setEnvironment(body, line);
  body.set("options", std::move(options));
  body.set("source", std::move(source));
  return body;
}

Json namedProject(const CommandLine& line) {
  Json body = Json::object();
  if (line.isSet("project-name")) body.set("project", line.text("project-name"));
  return body;
}

Result<Json> upRequest(const CommandLine& line) {
  ORBIT_TRY_STATUS(apart(line, "build", "no-build"));
  ORBIT_TRY_STATUS(apart(line, "force-recreate", "no-recreate"));
  ORBIT_TRY_STATUS(apart(line, "always-recreate-deps", "no-recreate"));
  ORBIT_TRY_STATUS(apart(line, "detach", "abort-on-container-exit"));
  ORBIT_TRY_STATUS(apart(line, "detach", "abort-on-container-failure"));
  if (line.on("detach") && line.isSet("exit-code-from")) {
    return wrong("--detach and --exit-code-from exclude each other", "Leave one of them out");
  }
  const std::string pull = line.text("pull");
  if (!pull.empty() && pull != "always" && pull != "missing" && pull != "never" && pull != "policy") {
    return wrong("--pull is always, missing or never, not '" + pull + "'");
  }
  ORBIT_TRY(Json scale, scales(line));
  Json options = Json::object({{"services", Json::strings(line.arguments)}});
  setSwitches(options, line,
              {{"no-deps", "noDeps"},
               {"force-recreate", "forceRecreate"},
               {"no-recreate", "noRecreate"},
               {"always-recreate-deps", "alwaysRecreateDeps"},
               {"renew-anon-volumes", "renewAnonymousVolumes"},
               {"remove-orphans", "removeOrphans"},
               {"no-start", "noStart"},
               {"build", "build"},
               {"no-build", "noBuild"}});
  if (!pull.empty() && pull != "policy") options.set("pull", pull);
  if (!scale.members().empty()) options.set("scale", std::move(scale));
  setSeconds(options, "stopTimeoutSeconds", line, "timeout");
  setSeconds(options, "waitTimeoutSeconds", line, "wait-timeout");
  return Json::object({{"options", std::move(options)}});
}

Result<Json> downRequest(const CommandLine& line) {
  const std::string images = line.text("rmi");
  if (!images.empty() && images != "local" && images != "all") {
    return wrong("--rmi is local or all, not '" + images + "'");
  }
  Json options = Json::object({{"services", Json::strings(line.arguments)}});
  setSwitches(options, line, {{"volumes", "volumes"}, {"remove-orphans", "removeOrphans"}});
  if (!images.empty()) options.set("images", images);
  setSeconds(options, "timeoutSeconds", line, "timeout");
  Json body = namedProject(line);
  body.set("options", std::move(options));
  return body;
}

Json changeRequest(const CommandLine& line) {
  Json body = namedProject(line);
  body.set("services", Json::strings(line.arguments));
  setSeconds(body, "timeoutSeconds", line, "timeout");
  return body;
}

Result<Json> buildRequest(const CommandLine& line, const Variables& lookUp) {
  Json options = Json::object({{"services", Json::strings(line.arguments)}});
  setSwitches(options, line, {{"no-cache", "noCache"}, {"pull", "pull"}});
  Json arguments = pairs(line.list("build-arg"), lookUp);
  if (!arguments.members().empty()) options.set("args", std::move(arguments));
  return Json::object({{"options", std::move(options)}});
}

Json pullRequest(const CommandLine& line) {
  Json body = Json::object({{"services", Json::strings(line.arguments)}});
  setSwitches(body, line, {{"ignore-pull-failures", "ignoreFailures"}, {"include-deps", "includeDeps"}});
  return body;
}

Result<Json> logsRequest(const CommandLine& line, std::int64_t nowUs) {
  Json body = namedProject(line);
  setEnvironment(body, line);
  body.set("services", Json::strings(line.arguments));
  if (line.on("follow")) body.set("follow", true);
  if (line.isSet("since")) {
    ORBIT_TRY(const std::int64_t since, parseMoment(line.text("since"), nowUs));
    body.set("sinceUs", since);
  }
  if (line.isSet("until")) {
    ORBIT_TRY(const std::int64_t until, parseMoment(line.text("until"), nowUs));
    body.set("untilUs", until);
  }
  const std::string tail = line.text("tail");
  if (!tail.empty() && tail != "all") {
    int count = 0;
    const auto [read, error] = std::from_chars(tail.data(), tail.data() + tail.size(), count);
    if (error != std::errc() || read != tail.data() + tail.size()) {
      return wrong("--tail needs a number or 'all', not '" + tail + "'");
    }
    body.set("tail", std::max(count, -1));
  }
  for (const std::string_view name : {"grep", "level", "release", "request"}) {
    if (line.isSet(name)) body.set(name, line.text(name));
  }
  if (line.on("ignore-case")) body.set("ignoreCase", true);
  Json fields = Json::object();
  for (const auto& item : line.list("field")) {
    const auto equals = item.find('=');
    if (equals == std::string::npos || equals == 0) {
      return wrong("--field needs NAME=VALUE, not '" + item + "'", "For example --field status=500");
    }
    fields.set(item.substr(0, equals), item.substr(equals + 1));
  }
  if (!fields.members().empty()) body.set("fields", std::move(fields));
  return body;
}

Result<Json> requestsRequest(const CommandLine& line, std::int64_t nowUs) {
  Json body = Json::object();
  setEnvironment(body, line);
  if (line.on("follow")) body.set("follow", true);
  for (const auto& [flag, field] :
       std::initializer_list<std::pair<std::string_view, std::string_view>>{{"service", "service"},
                                                                            {"route", "route"},
                                                                            {"status", "status"},
                                                                            {"method", "method"},
                                                                            {"request", "request"},
                                                                            {"path", "pathPrefix"}}) {
    if (line.isSet(flag)) body.set(field, line.text(flag));
  }
  if (line.isSet("slow")) {
    const auto span = format::parseDuration(line.text("slow"));
    if (!span.ok()) return wrong("--slow needs a span, not '" + line.text("slow") + "'", "For example --slow 500ms");
    body.set("slowUs", std::chrono::duration_cast<std::chrono::microseconds>(*span).count());
  }
  if (line.isSet("since")) {
    ORBIT_TRY(const std::int64_t since, parseMoment(line.text("since"), nowUs));
    body.set("sinceUs", since);
  }
  std::string tail = line.text("tail");
  if (tail.empty() && line.on("follow") && !line.isSet("since")) tail = "0";
  if (!tail.empty() && tail != "all") {
    int count = 0;
    const auto [read, error] = std::from_chars(tail.data(), tail.data() + tail.size(), count);
    if (error != std::errc() || read != tail.data() + tail.size()) {
      return wrong("--tail needs a number or 'all', not '" + tail + "'");
    }
    body.set("tail", std::max(count, -1));
  }
  return body;
}

Json execRequest(const CommandLine& line, bool terminal, const Variables& lookUp) {
  Json body = namedProject(line);
  const std::vector<std::string> command(line.arguments.begin() + 1, line.arguments.end());
  std::vector<std::string> environment;
  const Json variables = pairs(line.list("env"), lookUp);
  for (const auto& [name, value] : variables.members()) environment.push_back(name + "=" + value.asString());
  if (line.isSet("environment")) body.set("inEnvironment", line.text("environment"));
  body.set("service", line.arguments.front());
  body.set("command", Json::strings(command));
  if (line.number("index").value_or(0) > 0) body.set("index", *line.number("index"));
  if (!environment.empty()) body.set("environment", Json::strings(environment));
  if (line.isSet("user")) body.set("user", line.text("user"));
  if (line.isSet("workdir")) body.set("workingDir", line.text("workdir"));
  setSwitches(body, line, {{"privileged", "privileged"}, {"detach", "detach"}});
  if (line.on("detach")) return body;
  body.set("tty", wantsTerminal(line, terminal));
  body.set("stdin", line.on("interactive", true));
  return body;
}

Result<Json> runRequest(const CommandLine& line, bool terminal, const Variables& lookUp) {
  if (line.on("service-ports") && line.isSet("publish")) {
    return wrong("--service-ports and --publish exclude each other", "Leave one of them out");
  }
  const std::vector<std::string> command(line.arguments.begin() + 1, line.arguments.end());
  Json options = Json::object({{"service", line.arguments.front()}, {"command", Json::strings(command)}});
  Json environment = pairs(line.list("env"), lookUp);
  if (!environment.members().empty()) options.set("environment", std::move(environment));
  if (line.isSet("user")) options.set("user", line.text("user"));
  if (line.isSet("workdir")) options.set("workingDir", line.text("workdir"));
  if (line.isSet("name")) options.set("name", line.text("name"));
  if (line.isSet("entrypoint")) options.set("entrypoint", line.text("entrypoint"));
  setSwitches(options, line, {{"no-deps", "noDeps"}, {"service-ports", "servicePorts"}});
  if (line.isSet("publish")) options.set("publish", Json::strings(line.list("publish")));
  if (line.isSet("volume")) options.set("volumes", Json::strings(line.list("volume")));
  const bool detached = line.on("detach");
  options.set("tty", !detached && wantsTerminal(line, terminal));
  options.set("stdin", !detached && line.on("interactive", true));
  Json body = Json::object({{"options", std::move(options)}});
  setSwitches(body, line, {{"rm", "remove"}, {"detach", "detach"}});
  return body;
}

}  // namespace orbit::cli
