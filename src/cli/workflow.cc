#include "cli/workflow.h"

#include <cstdlib>
#include <fstream>

#include "base/base.h"
#include "cli/screen_text.h"

namespace orbit::cli {
namespace {

void append(const char* variable, const std::string& text) {
  const char* path = std::getenv(variable);
  if (path == nullptr || *path == 0) return;
  std::ofstream(path, std::ios::app | std::ios::binary) << text;
}

std::string firstUrl(const format::Json& result) {
  const auto& urls = result["urls"].items();
  return urls.empty() ? "" : urls.front()["url"].asString();
}

}  // namespace

std::string workflowSummary(const format::Json& result, const std::string& line) {
  const std::string& outcome = result["outcome"].asString();
  return std::string(outcome == "ok" ? "✅ " : outcome == "cancelled" ? "⏹️ " : "❌ ") + printable(line) + "\n\n";
}

std::string workflowOutputs(const format::Json& result) {
  std::string out;
  const std::string &release = result["release"].asString(), url = firstUrl(result);
  if (!release.empty()) out += "release=" + release + "\n";
  if (!result["stage"].asString().empty()) out += "stage=" + result["stage"].asString() + "\n";
  if (!url.empty()) out += "url=" + url + "\n";
  return out;
}

void tellWorkflow(const format::Json& result, const std::string& line) {
  append("GITHUB_STEP_SUMMARY", workflowSummary(result, line));
  append("GITHUB_OUTPUT", workflowOutputs(result));
}

}  // namespace orbit::cli
