// The plan of a deploy, as `deploy --plan` prints it and the first deploy tells it.
#include <set>

#include "base/base.h"
#include "cli/deploy_text.h"

namespace orbit::cli {
namespace {

using format::Json;

constexpr std::size_t kCommitsShown = 20;

std::string shownPlace(const Json& at, const Place& place) {
  if (at.isNull()) return "";
  std::string file = at["file"].asString();
  const std::string folder = place.workingDir + "/";
  if (folder.size() > 1 && startsWith(file, folder)) file = file.substr(folder.size());
  return Location{file, static_cast<int>(at["line"].asInt()), 0}.text();
}

std::string section(const std::string& name, const std::string& text, const Style& style) {
  return text.empty() ? "" : "\n" + style.paint(Color::kBold, name) + "\n" + text;
}

std::string headText(const Json& plan, const Style& style) {
  const std::string& live = plan["live"]["release"].asString();
  return style.paint(Color::kBold, plan["project"].asString() + " → " + plan["environment"].asString()) +
         (live.empty() ? ", its first deploy" : ", where " + live + " is live") + "\n";
}

std::string routeText(const Json& service) {
  const auto port = service["port"].asInt();
  const std::string &from = service["portFrom"].asString(), &path = service["path"].asString();
  std::string out = port > 0 ? "http on " + std::to_string(port) : "http on the port it listens on";
  if (!from.empty()) out += " (" + from + ")";
  const auto hosts = service["hosts"].asStrings();
  if (!hosts.empty()) out += " → " + join(hosts, ", ") + (path == "/" ? "" : path);
  return out;
}

// "built · 2 replicas · http on 3000 (x-orbit.port)".
std::string kindText(const Json& service) {
  std::vector<std::string> parts;
  const std::string &image = service["image"].asString(), &shape = service["shape"].asString();
  if (service["build"].asBool()) {
    parts.emplace_back("built");
  } else if (!image.empty()) {
    parts.push_back(image);
  }
  if (shape == "database") parts.emplace_back("database: one instance, never moved by a rollback");
  if (shape == "stateful") parts.emplace_back("keeps data: one instance, replaced only when it changed");
  const auto replicas = service["replicas"].asInt(1);
  if (replicas > 1) parts.push_back(std::to_string(replicas) + " replicas");
  if (service["routed"].asBool()) parts.push_back(routeText(service));
  return join(parts, " · ");
}

std::string servicesText(const Json& plan) {
  std::map<std::string, std::string> changes;
  for (const auto& change : plan["changes"].items()) {
    const std::string& what = change["what"].asString();
    changes[change["service"].asString()] = what == "nothing" ? "unchanged" : what;
  }
  const bool compared = !changes.empty();
  std::vector<std::vector<std::string>> table;
  for (const auto& service : plan["services"].items()) {
    const std::string& name = service["name"].asString();
    table.push_back({"  " + name});
    const auto change = changes.extract(name);
    if (compared) table.back().push_back(change.empty() ? "unchanged" : change.mapped());
    table.back().push_back(kindText(service));
  }
  for (const auto& [name, what] : changes) table.push_back({"  " + name, what, "no longer in the files"});
  return columnsText(table);
}

std::string imagesText(const Json& plan) {
  std::vector<std::vector<std::string>> table;
  for (const auto& change : plan["changes"].items()) {
    const std::string &from = change["from"].asString(), &to = change["to"].asString();
    if (from == to) continue;
    table.push_back({"  " + change["service"].asString(), from.empty() ? "none" : from, "→",
                     to.empty() ? "built by the deploy" : to});
  }
  return columnsText(table);
}

std::string notesText(const Json& plan, const Place& place, const Style& style) {
  std::string out;
  std::optional<std::string> service;
  for (const auto& note : plan["notes"].items()) {
    if (note["service"].asString() != service) {
      service = note["service"].asString();
      out += "  " + (service->empty() ? "the project" : *service) + "\n";
    }
    const std::string at = shownPlace(note["at"], place);
    const std::string& why = note["why"].asString();
    out += "    " + note["text"].asString() + (at.empty() ? "" : style.paint(Color::kDim, "  " + at)) + "\n";
    if (!why.empty()) out += style.paint(Color::kDim, "      " + why) + "\n";
  }
  return out;
}

std::string stateOf(const Json& needed) {
  if (needed["development"].asBool()) return "known from development";
  return needed["optional"].asBool() ? "not set, optional" : "missing";
}

std::string variablesText(const Json& plan, const Style& style) {
  const std::string& environment = plan["environment"].asString();
  const std::string flag = environment == "production" ? "" : " -E " + environment;
  std::vector<std::vector<std::string>> table;
  bool stops = false;
  for (const auto& name : plan["secrets"].asStrings()) table.push_back({"  " + name, "secret", "", "set"});
  for (const auto& needed : plan["needed"].items()) {
    const std::string& name = needed["name"].asString();
    const auto services = needed["services"].asStrings();
    stops = stops || !needed["optional"].asBool();
    table.push_back({"  " + name, stateOf(needed), services.empty() ? "" : "for " + join(services, ", "),
                     needed["optional"].asBool() ? "" : "orbit vars set" + flag + " " + name});
  }
  std::string out = columnsText(table);
  if (stops) out += style.paint(Color::kYellow, "  What is missing, or known from development, stops a deploy") + "\n";
  return out;
}

std::string cannotUndoText(const Json& plan) {
  std::string out;
  for (const auto& change : plan["changes"].items()) {
    for (const auto& line : change["cannotUndo"].asStrings()) {
      out += "  " + change["service"].asString() + ": " + line + "\n";
    }
  }
  return out;
}

}  // namespace

std::string planText(const Json& plan, const std::vector<std::string>& commits, const Place& place,
                     const Style& style) {
  std::string log;
  for (std::size_t i = 0; i < std::min(commits.size(), kCommitsShown); ++i) log += "  " + printable(commits[i]) + "\n";
  if (commits.size() > kCommitsShown) log += "  … and " + std::to_string(commits.size() - kCommitsShown) + " more\n";
  std::string out = headText(plan, style);
  out += section("Commits", log, style);
  out += section("Services", servicesText(plan), style);
  out += section("Images", imagesText(plan), style);
  out += section("Variables", variablesText(plan, style), style);
  out += section("What production does with the files", notesText(plan, place, style), style);
  return out + section("What a rollback could not undo", cannotUndoText(plan), style);
}

std::string beforeDeployText(const Json& plan, const Place& place, const Style& style) {
  return headText(plan, style) + section("Services", servicesText(plan), style) +
         section("What production does with the files", notesText(plan, place, style), style) + "\n";
}

}  // namespace orbit::cli
