// Failures as a person reads them: place, source line with a caret, last log lines, what to do. Secrets in a source
// line are masked. Thread rules: pure.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "cli/events.h"
#include "cli/screen_text.h"

namespace orbit::cli {

// What the renderings need to know of the surroundings.
struct Place {
  std::string workingDir;  // paths below it are shown relative to it
  // The text of a file as it was sent to the daemon, or nullptr.
  std::function<const std::string*(const std::string& path)> source = [](const std::string&) { return nullptr; };
};

std::string problemText(const ProblemEvent& problem, const Place& place, const Style& style);
std::string warningText(const WarningEvent& warning, const Place& place, const Style& style);
std::string failureText(const FailureEvent& failure, const Place& place, const Style& style);

// A source line fit for a message: the value behind a key that sounds secret, the values of env files, and
// passwords in URLs are replaced by "***".
std::string maskedLine(std::string_view line, const std::string& file);

}  // namespace orbit::cli
