#include "cli/problem_text.h"

#include "base/base.h"

namespace orbit::cli {
namespace {

constexpr std::size_t kSourceColumnsMax = 160;
constexpr std::size_t kLogLinesMax = 20;

std::string shownPath(const std::string& file, const Place& place) {
  const std::string folder = place.workingDir + "/";
  return folder.size() > 1 && startsWith(file, folder) ? file.substr(folder.size()) : file;
}

std::string locationText(const Location& at, const Place& place) {
  return Location{shownPath(at.file, place), at.line, at.column}.text();
}

bool isYaml(std::string_view file) {
  return endsWith(file, ".yaml") || endsWith(file, ".yml");
}
bool isDockerfile(std::string_view file) {
  const std::string name = lower(file.substr(file.find_last_of('/') + 1));
  return startsWith(name, "dockerfile") || endsWith(name, ".dockerfile");
}

bool soundsSecret(std::string_view key) {
  const std::string name = lower(key);
  constexpr std::string_view kWords[] = {"passw",   "secret", "token", "credential", "private",
                                         "api_key", "apikey", "auth",  "passphrase"};
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&](std::string_view word) { return name.find(word) != std::string::npos; }) ||
         endsWith(name, "key") || endsWith(name, "pwd");
}

// Hides "user:password" between "://" and "@".
std::string withoutUrlPassword(std::string line) {
  std::size_t from = 0;
  while ((from = line.find("://", from)) != std::string::npos) {
    from += 3;
    const auto end = line.find_first_of(" /\"'", from);
    const auto at = line.rfind('@', end == std::string::npos ? end : end - 1);
    const auto colon = line.find(':', from);
    if (at == std::string::npos || at < from || colon == std::string::npos || colon > at) continue;
    line.replace(colon + 1, at - colon - 1, "***");
  }
  return line;
}

// The lines under the head: source line, caret, hint.
std::string sourceExcerpt(const Location& at, const Place& place, const Style& style) {
  const std::string* text = at.line > 0 ? place.source(at.file) : nullptr;
  if (text == nullptr) return {};
  const auto lines = split(*text, '\n');
  const auto index = static_cast<std::size_t>(at.line - 1);
  if (index >= lines.size()) return {};
  const std::string line = fitted(printable(maskedLine(lines[index], at.file)), kSourceColumnsMax);
  const std::string number = std::to_string(at.line);
  const std::string gap(number.size() < 5 ? 5 - number.size() : 0, ' ');
  std::string out = style.paint(Color::kDim, gap + number + " | ") + line + "\n";
  const auto column = static_cast<std::size_t>(std::max(at.column, 0));
  if (column == 0 || column > displayWidth(line) + 1) return out;
  const std::string bar = std::string(std::max<std::size_t>(number.size(), 5), ' ') + " | ";
  return out + style.paint(Color::kDim, bar) + std::string(column - 1, ' ') + style.paint(Color::kRed, "^") + "\n";
}

// A hint may hold several lines; each is indented.
std::string hintText(std::string_view hint) {
  std::string out;
  if (hint.empty()) return out;
  for (auto line : split(hint, '\n')) out += "  " + std::string(line) + "\n";
  return out;
}

std::string headed(std::string_view word, Color color, const std::string& message, const Location& at,
                   const std::string& hint, const Place& place, const Style& style) {
  std::string out = at.known() ? style.paint(Color::kBold, locationText(at, place)) + ": " : std::string();
  out += style.paint(color, std::string(word) + ":") + " " + message + "\n";
  return out + sourceExcerpt(at, place, style) + hintText(hint);
}

}  // namespace

std::string maskedLine(std::string_view line, const std::string& file) {
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  const bool yaml = isYaml(file);
  if (isDockerfile(file)) return withoutUrlPassword(std::string(line));
  const auto equals = line.find('=');
  const auto colon = yaml ? line.find(':') : std::string_view::npos;
  const auto separator = std::min(equals, colon);
  if (separator == std::string_view::npos) return yaml ? withoutUrlPassword(std::string(line)) : std::string("***");
  const auto key = line.substr(0, separator);
  const bool empty = trim(line.substr(separator + 1)).empty();
  if ((yaml && !soundsSecret(trim(key))) || empty) return withoutUrlPassword(std::string(line));
  const bool spaced = separator + 1 < line.size() && line[separator + 1] == ' ';
  return std::string(line.substr(0, separator + 1)) + (spaced ? " ***" : "***");
}

std::string problemText(const ProblemEvent& problem, const Place& place, const Style& style) {
  return headed("error", Color::kRed, problem.message, problem.at, problem.hint, place, style);
}

std::string warningText(const WarningEvent& warning, const Place& place, const Style& style) {
  return headed("warning", Color::kYellow, warning.message, warning.at, warning.hint, place, style);
}

std::string failureText(const FailureEvent& failure, const Place& place, const Style& style) {
  std::string head = failure.service.empty() ? failure.container : failure.service;
  std::string out = style.paint(Color::kRed, "error:") + " ";
  if (!head.empty()) out += style.paint(Color::kBold, head) + ": ";
  out += failure.message;
  const std::string exitCode = std::to_string(failure.exitCode);
  if (failure.exitCode != 0 && failure.message.find(exitCode) == std::string::npos)
    out += " (exit code " + exitCode + ")";
  out += "\n";
  if (failure.at.known()) {
    out += "  " + locationText(failure.at, place) + "\n";
    out += sourceExcerpt(failure.at, place, style);
  }
  if (!failure.log.empty()) {
    const std::size_t shown = std::min(failure.log.size(), kLogLinesMax);
    out += "  its last log lines:\n";
    for (std::size_t i = failure.log.size() - shown; i < failure.log.size(); ++i) {
      out += style.paint(Color::kDim, "  | ") + printable(failure.log[i]) + "\n";
    }
  }
  out += hintText(failure.hint);
  const std::string& service = failure.service;
  const bool pointsAtLogs = failure.hint.find("orbit logs") != std::string::npos;
  // The instance of a deploy that failed is removed, and its log with it.
  const bool kept = !failure.container.empty() && !startsWith(failure.container, "orbit.");
  if (!failure.log.empty() && !service.empty() && kept && !pointsAtLogs)
    out += "  all of it: orbit logs " + service + "\n";
  return out;
}

}  // namespace orbit::cli
