// `environment`, `env_file`, `label_file` and `labels`.
#include "format/dotenv.h"
#include "project/plan.h"

namespace orbit::project {
namespace {

// The text of a file that the service needs; a problem and nullptr when it cannot be had. A missing file that is not
// required is no problem.
const File* textFile(Planning& planning, const Location& at, const std::string& path, const std::string& what,
                     bool required) {
  const File* file = fileOf(planning.snapshot, path, planning.needs);
  if (file == nullptr || file->kind == File::Kind::kText) return file;
  const std::string shown = planning.shown(path);
  switch (file->kind) {
    case File::Kind::kAbsent:
      if (required) {
        planning.findings.problem(
            at, what + ": there is no file " + shown,
            "create it, or say that it may be missing: `- path: " + shown + "` with `required: false`");
      }
      break;
    case File::Kind::kUnreadable:
      planning.findings.problem(at, what + ": " + shown + " cannot be read: " + file->reason,
                                "let your user read it (chmod, chown)");
      break;
    case File::Kind::kFolder:
      planning.findings.problem(at, what + ": " + shown + " is a folder", "name a file of KEY=value lines");
      break;
    default:
      planning.findings.problem(at, what + ": " + shown + " is no text file", "name a file of KEY=value lines");
  }
  return nullptr;
}

// `format: raw`: each line as it stands, nothing expanded.
std::vector<format::EnvEntry> rawEntries(std::string_view text) {
  std::vector<format::EnvEntry> entries;
  for (const auto line : split(text, '\n')) {
    const auto whole = !line.empty() && line.back() == '\r' ? line.substr(0, line.size() - 1) : line;
    if (trim(whole).empty() || startsWith(trim(whole), "#")) continue;
    const auto equals = whole.find('=');
    format::EnvEntry entry;
    entry.key = trim(whole.substr(0, equals));
    if (equals != std::string_view::npos) entry.value = whole.substr(equals + 1);
    entries.push_back(std::move(entry));
  }
  return entries;
}

void planEnvFile(Planning& planning, const Fields& fields, model::ContainerSpec& container) {
  const std::string path = fields.text("path");
  if (path.empty()) {
    planning.findings.problem(fields.node()->at, fields.path() + " names no file", "for example `path: ./backend.env`");
    return;
  }
  const std::string form = fields.text("format");
  if (!form.empty() && form != "raw") fields.word("format", {"raw"});
  const bool required = fields.flag("required").value_or(true);
  const File* file = textFile(planning, fields.at("path"), path, fields.path(), required);
  if (file == nullptr) return;
  const auto lookup = [&](std::string_view name) { return planning.environment.find(name); };
  auto entries = form == "raw" ? rawEntries(file->text) : format::parseDotenv(file->text, path, lookup);
  if (!entries.ok()) {
    planning.findings.problems.push_back(std::move(entries).error());
    return;
  }
  for (auto& entry : *entries) {
    auto value = entry.value ? std::move(entry.value) : planning.environment.find(entry.key);
    if (value) container.environment[entry.key] = std::move(value);
  }
}

void planLabelFile(Planning& planning, const Fields& fields, const format::Node& item,
                   model::ContainerSpec& container) {
  const File* file = textFile(planning, item.at, item.text, fields.pathOf("label_file"), true);
  if (file == nullptr) return;
  const auto lookup = [&](std::string_view name) { return planning.environment.find(name); };
  auto entries = format::parseDotenv(file->text, item.text, lookup);
  if (!entries.ok()) {
    planning.findings.problems.push_back(std::move(entries).error());
    return;
  }
  for (auto& entry : *entries) container.labels[entry.key] = entry.value.value_or("");
}

}  // namespace

void planEnvironment(Planning& planning, const Fields& fields, model::ContainerSpec& container) {
  const auto& files = fields.items("env_file");
  for (std::size_t i = 0; i < files.size(); ++i) {
    planEnvFile(planning,
                Fields(&files[i], fields.pathOf("env_file") + "[" + std::to_string(i) + "]", planning.findings),
                container);
  }
  for (auto& [key, value] : fields.optionalMap("environment")) {
    if (key.empty()) {
      fields.problem("environment", "a variable without a name", "write KEY: value or - KEY=value");
      continue;
    }
    container.environment[key] = value ? value : planning.environment.find(key);
  }
  for (const auto& item : fields.items("label_file")) planLabelFile(planning, fields, item, container);
  for (auto& [key, value] : fields.map("labels")) container.labels[key] = value;
  container.annotations = fields.map("annotations");
}

}  // namespace orbit::project
