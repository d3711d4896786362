// `command` and `entrypoint`.
#include "project/plan.h"
#include "project/shell_words.h"

namespace orbit::project {
namespace {

std::optional<std::vector<std::string>> planWords(const Fields& fields, std::string_view key) {
  const format::Node* value = fields.find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->isScalar()) return fields.strings(key);
  auto words = splitWords(value->text);
  if (words.ok()) return std::move(words).value();
  fields.problem(key, words.error().message, words.error().hint);
  return std::nullopt;
}

}  // namespace

void planCommand(const Fields& fields, model::ContainerSpec& container) {
  container.command = planWords(fields, "command");
  container.entrypoint = planWords(fields, "entrypoint");
}

}  // namespace orbit::project
