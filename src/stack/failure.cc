#include "stack/failure.h"

#include "stack/limits.h"
#include "stack/names.h"

namespace orbit::stack {
namespace {

using net::Task;

Location placeOf(const model::Service& service, std::initializer_list<const char*> attributes) {
  for (const char* attribute : attributes) {
    const auto found = service.attributeAt.find(attribute);
    if (found != service.attributeAt.end()) return found->second;
  }
  return service.at;
}

Task<std::vector<std::string>> logTail(Operation& operation, std::string id) {
  std::vector<std::string> lines;
  engine::LogOptions options;
  options.tail = static_cast<int>(kLogTailLines);
  const engine::Sink<engine::LogRecord> sink = [&lines](engine::LogRecord record) -> Task<Status> {
    if (record.text.size() > kLogLineBytes) record.text.resize(kLogLineBytes);
    lines.push_back(std::move(record.text));
    co_return Status();
  };
  const auto wait = operation.wait.until(operation.loop.clock().now() + kExplainTimeout);
  // Without its log the failure is still worth telling.
  static_cast<void>(co_await operation.engine.logs(id, options, sink, wait));
  if (lines.size() > kLogTailLines)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kLogTailLines));
  co_return lines;
}

// "exec: \"npm\": executable file not found" and its like, as the engine room words it.
std::string missingProgram(const Error& error) {
  constexpr std::string_view kLead = "the image has no command \"";
  const auto at = error.message.find(kLead);
  if (at == std::string::npos) return {};
  const auto start = at + kLead.size();
  return error.message.substr(start, error.message.find('"', start) - start);
}

// The entrypoint script's own words when it cannot find what it shall run.
std::string missingProgram(const std::vector<std::string>& log) {
  for (const std::string_view line : log) {
    for (const std::string_view sign : {": not found", ": command not found", ": executable file not found"}) {
      const auto end = line.find(sign);
      if (end == std::string_view::npos) continue;
      const auto start = line.rfind(' ', end);
      return std::string(line.substr(start == std::string_view::npos ? 0 : start + 1,
                                     end - (start == std::string_view::npos ? 0 : start + 1)));
    }
  }
  return {};
}

int publishedPort(std::string_view message) {
  constexpr std::string_view kLead = "port ";
  const auto at = message.find(kLead);
  return at == std::string_view::npos ? 0 : std::atoi(std::string(message.substr(at + kLead.size())).c_str());
}

// Which container publishes that port, or what to ask when none does.
Task<void> nameHolder(Operation& operation, Error& error) {
  const std::string port = std::to_string(publishedPort(error.message));
  const engine::Labels any;
  auto all = co_await operation.engine.listContainers(any, operation.wait);
  if (!all.ok() || port == "0") co_return;
  for (const auto& container : *all) {
    for (const auto& one : container.ports) {
      if (one.published != port) continue;
      const std::string& project = labelOf(container.labels, kProjectLabel);
      error.message +=
          ": container " + container.name + (project.empty() ? "" : " of project " + project) + " holds it";
      error.hint = "stop that container" + (project.empty() ? "" : " (`orbit -p " + project + " down`)") +
                   ", or publish another port";
      co_return;
    }
  }
  error.message += ", by a process outside the engine";
  error.hint = "find it with `ss -ltnp 'sport = :" + port + "'` and stop it, or publish another port";
}

Task<void> nameNamesake(Operation& operation, const std::string& name, Error& error) {
  auto holder = co_await operation.engine.inspectContainer(name, operation.wait);
  if (!holder.ok()) co_return;
  const std::string& project = labelOf(holder->summary.labels, kProjectLabel);
  error.message += project.empty() ? ", by a container made outside any project" : ", by project " + project;
  error.hint = "remove it with `docker rm -f " + name + "`, or choose another `container_name:`";
}

}  // namespace

ExitMeaning exitMeaning(int exitCode, bool oomKilled) {
  if (oomKilled) return {"it was killed for lack of memory", "raise `mem_limit` or look at what uses so much"};
  switch (exitCode) {
    case 0:
      return {"it ended by itself", "its command returns at once: a server must stay in the foreground"};
    case 125:
      return {"the engine could not run it", ""};
    case 126:
      return {"its command cannot be executed", "make the file executable before the image is built (`chmod +x`)"};
    case 127:
      return {"its command was not found in the image",
              "check `command:` and `entrypoint:`, and the build's `target:`"};
    case 137:
      return {"it was killed (SIGKILL)", "the machine may be out of memory: see `dmesg`"};
    case 139:
      return {"it crashed (segmentation fault)", ""};
    case 143:
      return {"it was told to stop (SIGTERM)", ""};
    default:
      return {"", "its last lines say why"};
  }
}

Task<Failure> explainExit(Operation& operation, const model::Service& service, engine::ContainerDetail container) {
  const ExitMeaning exit = exitMeaning(container.exitCode, container.oomKilled);
  Failure failure;
  failure.service = service.name;
  failure.container = container.summary.name;
  failure.exitCode = container.exitCode;
  failure.logTail = co_await logTail(operation, container.summary.id);
  Error& error = failure.error;
  error.code = Code::kInvalid;
  error.message = "service " + service.name + " exited with code " + std::to_string(container.exitCode);
  if (!exit.meaning.empty()) error.message += ": " + exit.meaning;
  if (container.restartCount > 0) {
    error.message += ", after " + std::to_string(container.restartCount) + " restarts";
  }
  if (!container.error.empty()) error.message += " (" + container.error + ")";
  error.hint = exit.hint;
  error.at = service.at;
  if (container.exitCode == 127 || container.exitCode == 126) {
    error.at = placeOf(service, {"command", "entrypoint", "image", "build"});
    failure.missingProgram = missingProgram(failure.logTail);
  }
  co_return failure;
}

Task<Failure> explainUnhealthy(Operation& operation, const model::Service& service, std::string id, std::string name,
                               std::string output) {
  Failure failure;
  failure.service = service.name;
  failure.container = name;
  failure.logTail = co_await logTail(operation, id);
  failure.error.code = Code::kTimeout;
  failure.error.message = "service " + service.name + " runs but its healthcheck keeps failing";
  const std::string said(trim(std::string_view(output).substr(0, kLogLineBytes)));
  if (!said.empty()) failure.error.message += "; it last said: " + said;
  failure.error.hint = "run the check by hand with `orbit exec " + service.name + " …`; see `healthcheck:`";
  failure.error.at = placeOf(service, {"healthcheck"});
  co_return failure;
}

Task<Failure> explainRefusal(Operation& operation, const model::Service& service, std::string name, Error error) {
  Failure failure;
  failure.service = service.name;
  failure.container = name;
  if (error.code == Code::kConflict && error.message.find("port ") != std::string::npos) {
    co_await nameHolder(operation, error);
    if (!error.at.known()) error.at = placeOf(service, {"ports"});
  } else if (error.code == Code::kConflict && error.message.find("name") != std::string::npos) {
    co_await nameNamesake(operation, name, error);
    if (!error.at.known()) error.at = placeOf(service, {"container_name"});
  } else if (failure.missingProgram = missingProgram(error); !failure.missingProgram.empty()) {
    failure.exitCode = 127;
    error.at = placeOf(service, {"command", "entrypoint", "image", "build"});
  }
  if (!error.at.known()) error.at = service.at;
  failure.error = std::move(error).within("service " + service.name);
  co_return failure;
}

}  // namespace orbit::stack
