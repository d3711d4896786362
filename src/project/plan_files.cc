// `configs` and `secrets`: of a service, and the top-level sections.
#include <set>

#include "project/plan.h"

namespace orbit::project {
namespace {

void planGrants(Planning& planning, const Fields& fields, std::string_view section, std::string_view folder,
                std::vector<model::FileGrant>& grants) {
  const auto& items = fields.items(section);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Fields one(&items[i], fields.pathOf(section) + "[" + std::to_string(i) + "]", fields.findings());
    model::FileGrant grant;
    grant.source = one.text("source");
    if (!checkReference(planning, section, grant.source, one.at("source"), one.path())) continue;
    grant.target = one.text("target", grant.source);
    if (!startsWith(grant.target, "/")) grant.target = std::string(folder) + grant.target;
    grant.uid = one.text("uid");
    grant.gid = one.text("gid");
    grant.mode = one.mode("mode").value_or(grant.mode);
    grants.push_back(std::move(grant));
  }
}

// Where the content comes from; exactly one of the four.
void planOrigin(Planning& planning, const Fields& fields, model::FileObject& object) {
  using From = model::FileObject::From;
  const bool external = fields.isSet("external");
  const int origins = static_cast<int>(external) + static_cast<int>(fields.has("file")) +
                      static_cast<int>(fields.has("environment")) + static_cast<int>(fields.has("content"));
  if (origins != 1) {
    planning.findings.problem(
        object.at, fields.path() + (origins == 0 ? " says not where its content is" : " has more than one origin"),
        "give it one of `file`, `environment`, `content` or `external`");
    return;
  }
  if (external) {
    object.from = From::kExternal;
    object.name = fields.text("name", object.key);
  } else if (fields.has("content")) {
    object.from = From::kContent;
    object.content = fields.text("content");
  } else if (fields.has("environment")) {
    object.from = From::kEnvironment;
    object.variable = fields.text("environment");
    const auto known = planning.merged.values.find(fields.path() + "=" + object.variable);
    if (known != planning.merged.values.end()) {
      object.content = known->second;
    } else {
      fields.problem(
          "environment", "the variable " + object.variable + " is not set",
          (planning.environment.target() != nullptr ? "orbit vars set " : "set it in the shell or in .env: ") +
              object.variable + "=…");
    }
  } else {
    object.path = fields.text("file");
    const File* file = fileOf(planning.snapshot, object.path, planning.needs);
    const std::string shown = planning.shown(object.path);
    if (file != nullptr && file->kind == File::Kind::kAbsent) {
      fields.problem("file", "there is no file " + shown, "create it, or mend the path");
    } else if (file != nullptr && file->kind == File::Kind::kUnreadable) {
      fields.problem("file", shown + " cannot be read: " + file->reason, "let your user read it (chmod, chown)");
    }
  }
}

void planSection(Planning& planning, std::string_view section, const std::set<std::string>& used,
                 std::vector<model::FileObject>& objects) {
  const format::Node* all = planning.merged.root.find(section);
  if (all == nullptr) return;
  for (const auto& entry : all->entries) {
    if (used.count(entry.key) == 0) continue;
    model::FileObject object;
    object.key = entry.key;
    object.at = entry.keyAt;
    planOrigin(planning, Fields(&entry.value, std::string(section) + "." + entry.key, planning.findings), object);
    objects.push_back(std::move(object));
  }
}

}  // namespace

void planFileGrants(Planning& planning, const Fields& fields, model::ContainerSpec& container) {
  planGrants(planning, fields, "configs", "/", container.configs);
  planGrants(planning, fields, "secrets", "/run/secrets/", container.secrets);
}

void planFileObjects(Planning& planning, model::Plan& plan) {
  std::set<std::string> configs, secrets;
  for (const auto& service : plan.services) {
    for (const auto& grant : service.container.configs) configs.insert(grant.source);
    for (const auto& grant : service.container.secrets) secrets.insert(grant.source);
    if (service.build) secrets.insert(service.build->secrets.begin(), service.build->secrets.end());
  }
  planSection(planning, "configs", configs, plan.configs);
  planSection(planning, "secrets", secrets, plan.secrets);
}

}  // namespace orbit::project
