// vars set, list, unset, revoke, import.
#include "base/base.h"
#include "cli/request.h"
#include "cli/runners.h"
#include "cli/secret_input.h"
#include "cli/terminal.h"
#include "cli/variable_text.h"
#include "format/dotenv.h"

namespace orbit::cli {
namespace {

using format::Json;

std::string environmentOf(const CommandLine& line) {
  return line.isSet("environment") ? line.text("environment") : "production";
}

Json requestOf(const CommandLine& line) {
  Json body = namedProject(line);
  body.set("environment", environmentOf(line));
  if (line.isSet("service")) body.set("service", line.text("service"));
  return body;
}

int failWith(Session& session, const Error& error) {
  if (error.code == Code::kCancelled) return kInterrupted;
  session.show(error);
  return kFailed;
}

struct Answered {
  int status = kFailed;
  std::vector<VariableEvent> variables;
};

net::Task<Answered> call(Session& session, std::string target, Json body) {
  Answered answered;
  Session::OnEvent receive = [&](const Event& event) {
    if (const auto* variable = std::get_if<VariableEvent>(&event)) {
      answered.variables.push_back(*variable);
    } else {
      session.presenter.handle(event, session.now());
    }
  };
  const auto result = co_await session.project(std::move(target), std::move(body), session.wait(), std::move(receive));
  answered.status = session.finish(result);
  co_return answered;
}

net::Task<int> setAll(Session& session, Json values) {
  Json body = requestOf(session.line);
  body.set("secret", !session.line.on("plain"));
  body.set("variables", std::move(values));
  const Answered answered = co_await call(session, "/v1/vars/set", std::move(body));
  if (answered.status != kDone) co_return answered.status;
  session.presenter.print(variablesSet(answered.variables));
  session.presenter.say(whenItCounts(environmentOf(session.line)));
  co_return kDone;
}

Result<Json> readValues(const std::vector<Assignment>& all) {
  const bool typed = isTerminal(STDIN_FILENO);
  Json values = Json::object();
  int fromInput = 0;
  for (const auto& one : all) fromInput += one.value ? 0 : 1;
  if (fromInput > 1 && !typed) {
    return Error{.code = Code::kInvalid,
                 .message = "Only one value can come by standard input, and " + std::to_string(fromInput) +
                            " have none of their own",
                 .hint = "Set them one by one, or many from a file: orbit vars import FILE"};
  }
  for (const auto& one : all) {
    if (one.value) {
      values.set(one.name, *one.value);
      continue;
    }
    ORBIT_TRY(std::string value, readSecret("Value of " + one.name + " (not shown): "));
    values.set(one.name, std::move(value));
  }
  return values;
}

// "-" is standard input.
Result<std::string> textOf(const std::string& path) {
  if (path == "-") return readSecret("Lines NAME=VALUE: ");
  ReadFile file = readFile(path);
  if (file.kind == "text") return std::move(file.text);
  const std::string why = !file.reason.empty()    ? file.reason
                          : file.kind == "absent" ? "there is no such file"
                                                  : "it is no text file";
  return Error{.code = Code::kNotFound, .message = "Cannot read " + path + ": " + why};
}

Result<Json> valuesOfFile(const std::string& path) {
  ORBIT_TRY(const std::string text, textOf(path));
  const format::Lookup lookUp = [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  ORBIT_TRY(const auto entries, format::parseDotenv(text, path == "-" ? "standard input" : path, lookUp));
  Json values = Json::object();
  for (const auto& entry : entries) {
    const auto value = entry.value ? entry.value : lookUp(entry.key);
    if (!value) {
      return Error{.code = Code::kInvalid,
                   .message = entry.key + " has no value here, and the shell has none either",
                   .hint = "Write " + entry.key + "= for an empty value",
                   .at = entry.at};
    }
    values.set(entry.key, *value);
  }
  if (!values.members().empty()) return values;
  return Error{.code = Code::kInvalid, .message = path + " sets nothing", .hint = "It takes lines NAME=VALUE"};
}

}  // namespace

net::Task<int> runVarsSet(Session& session) {
  const auto all = assignments(session.line.arguments);
  if (!all.ok()) {
    session.show(all.error());
    co_return kWrongUsage;
  }
  auto values = readValues(*all);
  if (!values.ok()) co_return failWith(session, values.error());
  co_return co_await setAll(session, std::move(values).value());
}

net::Task<int> runVarsImport(Session& session) {
  auto values = valuesOfFile(session.line.arguments[0]);
  if (!values.ok()) co_return failWith(session, values.error());
  co_return co_await setAll(session, std::move(values).value());
}

net::Task<int> runVarsList(Session& session) {
  Json body = requestOf(session.line);
  const Answered answered = co_await call(session, "/v1/vars", std::move(body));
  if (answered.status != kDone) co_return answered.status;
  const std::string environment = environmentOf(session.line);
  if (session.line.json()) {
    session.presenter.print(variablesJson(answered.variables));
  } else if (answered.variables.empty()) {
    session.presenter.say("No variables of " + environment + "; set one with `orbit vars set NAME`\n");
  } else {
    session.presenter.print(variablesTable(answered.variables, session.loop.clock().wallUs()));
  }
  co_return kDone;
}

net::Task<int> runVarsUnset(Session& session) {
  Json body = requestOf(session.line);
  body.set("names", Json::strings(session.line.arguments));
  const Answered answered = co_await call(session, "/v1/vars/unset", std::move(body));
  if (answered.status != kDone) co_return answered.status;
  const std::string environment = environmentOf(session.line);
  session.presenter.say(join(session.line.arguments, ", ") + " of " + environment + " is gone\n");
  session.presenter.say(whenItCounts(environment));
  co_return kDone;
}

net::Task<int> runVarsRevoke(Session& session) {
  Json body = requestOf(session.line);
  body.set("names", Json::strings(session.line.arguments));
  const Answered answered = co_await call(session, "/v1/vars/revoke", std::move(body));
  if (answered.status != kDone) co_return answered.status;
  for (const auto& variable : answered.variables) session.presenter.say(revokedText(variable));
  co_return kDone;
}

}  // namespace orbit::cli
