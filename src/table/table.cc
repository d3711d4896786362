#include "table/table.h"

#include <fmt/format.h>

#include "base/text.h"
#include "format/json.h"
#include "format/yaml.h"
#include "table/check.h"
#include "table/reader.h"

namespace orbit::table {
namespace {

using format::Node;

bool looksLikeJson(std::string_view text) {
  return startsWith(trim(text.substr(0, 4096)), "{");
}

// JSON is read as such, several times faster than as YAML; what begins like it may still be YAML's flow form.
Result<Node> parse(std::string_view text, const std::string& name) {
  if (!looksLikeJson(text)) return format::parseYaml(text, name);
  auto json = format::parseJsonNode(text, name);
  if (json.ok() || (!endsWith(name, ".yaml") && !endsWith(name, ".yml"))) return json;
  return format::parseYaml(text, name);
}

// What was not read cannot be missed: of a place that has a problem already, no more is said.
void dropConsequences(Problems& problems, std::size_t shapeCount) {
  shapeCount = std::min(shapeCount, kToldMax);
  const auto within = [](const Problem& inner, const Problem& outer) {
    return inner.where.size() >= outer.where.size() &&
           std::equal(outer.where.begin(), outer.where.end(), inner.where.begin());
  };
  const auto first = problems.begin(), shapeEnd = first + static_cast<std::ptrdiff_t>(shapeCount);
  const auto told = [&](const Problem& problem) {
    return std::any_of(first, shapeEnd, [&](const Problem& shape) { return !shape.atKey && within(problem, shape); });
  };
  problems.erase(std::remove_if(shapeEnd, problems.end(), told), problems.end());
}

// One line, whatever a value holds.
std::string printable(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  }
  return text;
}

Error errorOf(const Problem& problem, const Node* root) {
  const std::string path = textOf(problem.where);
  Error error{Code::kInvalid, printable((path.empty() ? "The table " : path + ": ") + problem.message), problem.hint};
  if (root != nullptr) error.at = placeOf(*root, problem.where, problem.atKey);
  if (problem.other.empty()) return error;
  const std::string place = root == nullptr ? "" : fmt::format(", line {}", placeOf(*root, problem.other, false).line);
  error.hint += fmt::format("{}the other is {}{}", error.hint.empty() ? "" : "; ", textOf(problem.other), place);
  return error;
}

std::vector<Error> errorsOf(const Problems& problems, const Node* root) {
  std::vector<Error> errors;
  for (const auto& problem : problems) errors.push_back(errorOf(problem, root));
  const auto place = [](const Error& error) { return std::pair(error.at.line, error.at.column); };
  std::stable_sort(errors.begin(), errors.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
  if (errors.size() > kToldMax) {
    const std::size_t more = errors.size() - kToldMax;
    errors.resize(kToldMax);
    errors.push_back({Code::kInvalid, fmt::format("And {} more problems", more), "mend these first"});
    if (root != nullptr) errors.back().at = {root->at.file, 0, 0};
  }
  return errors;
}

}  // namespace

void checkTable(const model::RouteTable& table, Problems& problems) {
  checkListeners(table, problems);
  checkCertificates(table, problems);
  const Path root, services = root / "services";
  for (std::size_t i = 0; i < table.services.size(); ++i) checkService(table.services[i], services[i], problems);
  checkRoutes(table, problems);
}

Reading read(std::string_view text, const std::string& name) {
  Reading out;
  auto node = parse(text, name);
  if (!node.ok()) {
    out.problems.push_back(std::move(node).error());
    return out;
  }
  if (node->isNull()) {
    out.problems.push_back(
        {Code::kInvalid, "The table is empty", "docs/edge-table.md begins with one that works", node->at});
    return out;
  }
  Problems problems;
  readTable(*node, out.table, problems);
  const std::size_t shapeCount = problems.size();
  checkTable(out.table, problems);
  dropConsequences(problems, shapeCount);
  out.problems = errorsOf(problems, &*node);
  return out;
}

ServiceReading readService(std::string_view text, const std::string& name) {
  ServiceReading out;
  auto node = parse(text, name);
  if (!node.ok()) {
    out.problems.push_back(std::move(node).error());
    return out;
  }
  Problems problems;
  readService(*node, out.service, problems);
  const std::size_t shapeCount = problems.size();
  checkService(out.service, Path(), problems);
  dropConsequences(problems, shapeCount);
  out.problems = errorsOf(problems, &*node);
  return out;
}

std::vector<Error> check(const model::RouteTable& table) {
  Problems problems;
  checkRanges(table, problems);
  checkTable(table, problems);
  return errorsOf(problems, nullptr);
}

}  // namespace orbit::table
