// A `command` whose program the stage that will be built cannot have: said before the build, not after it.
#include "project/dockerfile.h"
#include "project/plan.h"

namespace orbit::project {

void checkPrograms(Planning& planning, model::Plan& plan) {
  for (const auto& service : plan.services) {
    if (!service.build || service.build->context.find("://") != std::string::npos) continue;
    const auto& container = service.container;
    const bool own = container.entrypoint && !container.entrypoint->empty();
    const auto& line = own ? container.entrypoint : container.command;
    if (!line || line->empty()) continue;
    std::string_view text = service.build->dockerfileInline;
    if (text.empty()) {
      const std::string name = service.build->dockerfile.empty() ? "Dockerfile" : service.build->dockerfile;
      const File* file = fileOf(planning.snapshot, resolvePath(service.build->context, name), planning.needs);
      if (file == nullptr || file->kind != File::Kind::kText) continue;
      text = file->text;
    }
    const std::string& program = line->front();
    const auto advice = adviseOnProgram(text, service.build->target, program);
    if (!advice || !surelyLacksProgram(text, service.build->target, program)) continue;
    const auto at = service.attributeAt.find(own ? "entrypoint" : "command");
    planning.findings.warn(
        at == service.attributeAt.end() ? service.at : at->second,
        service.name + ": `" + program + "` is not in the stage that will be built: " + advice->message, advice->hint);
  }
}

std::optional<std::string> explainMissingProgram(std::string_view dockerfile, std::string_view target,
                                                 std::string_view program) {
  const auto advice = adviseOnProgram(dockerfile, target, program);
  if (!advice) return std::nullopt;
  return advice->message + ": " + advice->hint;
}

}  // namespace orbit::project
