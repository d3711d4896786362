#include "cli/log_printer.h"

#include "base/base.h"

namespace orbit::cli {
namespace {
constexpr Color kRotation[] = {Color::kCyan, Color::kYellow, Color::kGreen, Color::kMagenta, Color::kBlue};

// orbit.<project>.<environment>.<service>.<release>.<n> as "<environment> <service>.<release>.<n>", "" for other names.
// A project's name has no dot.
std::string deployedName(const std::string& service, const std::string& container) {
  if (service.empty() || !startsWith(container, "orbit.")) return "";
  const auto project = container.find('.', 6);
  const auto end = project == std::string::npos ? project : container.find("." + service + ".", project);
  if (end == std::string::npos || end == project) return "";
  return container.substr(project + 1, end - project - 1) + " " + container.substr(end + 1);
}

}  // namespace

std::string instanceName(const std::string& service, const std::string& container) {
  if (const std::string deployed = deployedName(service, container); !deployed.empty()) return deployed;
  // <project>-<service>-<n>, and `_` between them for stacks that Compose 1 made.
  for (const char separator : {'-', '_'}) {
    const std::string middle = separator + service + separator;
    const auto at = service.empty() ? std::string::npos : container.rfind(middle);
    if (at != std::string::npos) return service + "-" + container.substr(at + middle.size());
  }
  return container.empty() ? service : container;
}

void LogPrinter::expect(const std::string& service, const std::string& container) {
  source(service, container);
}

std::string LogPrinter::line(const LogEvent& event) {
  const Source& from = source(event.service, event.container);
  std::string before;
  if (options_.prefix) before = options_.style.paint(from.color, padded(from.name, width_) + "  | ");
  if (options_.timestamps) before += wallText(event.timeUs) + " ";
  std::string out;
  for (const auto text : split(event.text, '\n')) out.append(before).append(text).append("\n");
  return out;
}

std::string LogPrinter::line(const ContainerEvent& event) {
  if (event.state != "exited") return {};
  const Source& from = source(event.service, event.container);
  const std::string text = from.name + " exited with code " + std::to_string(event.exitCode);
  return options_.style.paint(event.exitCode == 0 ? Color::kDim : Color::kRed, text) + "\n";
}

const LogPrinter::Source& LogPrinter::source(const std::string& service, const std::string& container) {
  const auto found = sources_.find(container);
  if (found != sources_.end()) return found->second;
  Source made{instanceName(service, container), kRotation[sources_.size() % std::size(kRotation)]};
  width_ = std::max(width_, displayWidth(made.name));
  return sources_.emplace(container, std::move(made)).first->second;
}

}  // namespace orbit::cli
