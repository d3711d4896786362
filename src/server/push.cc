#include "server/push.h"

#include "format/yaml.h"

namespace orbit::server {
namespace {

constexpr std::string_view kHeads = "refs/heads/";
constexpr std::size_t kRefsMax = 1000;

bool isObjectId(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::string PushedRef::branch() const {
  return startsWith(ref, kHeads) ? ref.substr(kHeads.size()) : std::string();
}

std::vector<PushedRef> parsePush(std::string_view input) {
  std::vector<PushedRef> refs;
  for (const auto line : split(input, '\n')) {
    const auto first = line.find(' ');
    const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    if (second == std::string_view::npos || refs.size() == kRefsMax) continue;
    PushedRef ref{std::string(line.substr(0, first)), std::string(line.substr(first + 1, second - first - 1)),
                  std::string(line.substr(second + 1))};
    if (isObjectId(ref.before) && isObjectId(ref.after)) refs.push_back(std::move(ref));
  }
  return refs;
}

Result<std::optional<std::string>> environmentFor(const std::string& branch, std::string_view composeText,
                                                  const std::string& composeName) {
  ORBIT_TRY(const format::Node file, format::parseYaml(composeText, composeName));
  const format::Node* orbit = file.isMapping() ? file.find("x-orbit") : nullptr;
  const format::Node* branches = orbit != nullptr && orbit->isMapping() ? orbit->find("branches") : nullptr;
  if (branches == nullptr || branches->isNull()) {
    if (branch == "main" || branch == "master") return std::optional<std::string>("production");
    return std::optional<std::string>();
  }
  if (!branches->isMapping()) {
    return Error{.code = Code::kInvalid,
                 .message = "x-orbit.branches is a mapping of branches to environments",
                 .hint = "For example {main: production, develop: staging}",
                 .at = branches->at};
  }
  const format::Node* found = branches->find(branch);
  if (found == nullptr || found->isNull()) return std::optional<std::string>();
  if (found->isScalar() && !found->text.empty()) return std::optional<std::string>(found->text);
  return Error{.code = Code::kInvalid,
               .message = "x-orbit.branches." + branch + " is the name of an environment",
               .hint = "For example {main: production, develop: staging}",
               .at = found->at};
}

std::string outcomeText(int status) {
  switch (status) {
    case 0:
      return "is live";
    case 3:
      return "did not pass its gate; what was live goes on";
    case 4:
      return "was taken back; what was live before serves again";
    case 5:
      return "was cancelled, or a newer one took its place";
    default:
      return "failed (exit status " + std::to_string(status) + "); what was live goes on";
  }
}

}  // namespace orbit::server
