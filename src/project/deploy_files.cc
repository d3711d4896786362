// Files beside a service that say more of it than the compose file does.
#include <algorithm>

#include "project/deploying.h"

namespace orbit::project {
namespace {

using format::Node;

const File* textAt(Deploying& deploying, const std::string& path) {
  const File* file = fileOf(deploying.planning.snapshot, path, deploying.planning.needs);
  return file != nullptr && file->kind == File::Kind::kText ? file : nullptr;
}

std::string textOf(const Node& node, std::string_view key) {
  const Node* found = node.find(key);
  return found == nullptr || !found->isScalar() ? "" : found->text;
}

// A Dockerfile to begin with, by what the folder holds.
std::string dockerfileFor(Deploying& deploying, const std::string& folder, const Railway& railway) {
  const std::string start = railway.startCommand ? join(*railway.startCommand, " ") : "";
  std::string command;
  for (const auto part : split(start, ' ')) {
    if (part.empty()) continue;
    command += (command.empty() ? "\"" : ", \"") + std::string(part) + "\"";
  }
  if (textAt(deploying, folder + "/package.json") != nullptr) {
    return "FROM node:20-alpine\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build "
           "--if-present\n"
           "CMD [" +
           (command.empty() ? "\"npm\", \"start\"" : command) + "]";
  }
  if (textAt(deploying, folder + "/requirements.txt") != nullptr) {
    return "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install --no-cache-dir -r "
           "requirements.txt\nCOPY . .\nCMD [" +
           (command.empty() ? "\"python\", \"main.py\"" : command) + "]";
  }
  if (textAt(deploying, folder + "/go.mod") != nullptr) {
    return "FROM golang:1.22-alpine AS build\nWORKDIR /src\nCOPY . .\nRUN go build -o /app .\nFROM alpine\n"
           "COPY --from=build /app /app\nCMD [" +
           (command.empty() ? "\"/app\"" : command) + "]";
  }
  return "FROM debian:stable-slim\nWORKDIR /app\nCOPY . .\nCMD [" + (command.empty() ? "\"./start\"" : command) + "]";
}

class Learner {
 public:
  Learner(Deploying& deploying, format::Entry& entry, bool onlyOne)
      : deploying_(deploying),
        name_(entry.key),
        build_(*entry.value.find("build")),
        onlyOne_(onlyOne),
        facts_(deploying.facts[entry.key]),
        folder_(textOf(build_, "context")) {}

  void learn() {
    if (!startsWith(folder_, "/")) return;  // a URL
    findRailway();
    if (!facts_.railway.dockerfilePath.empty()) setDockerfile();
    readDockerfile();
    if (textAt(deploying_, folder_ + "/vercel.json") != nullptr) facts_.site = true;
    if (const File* manifest = textAt(deploying_, folder_ + "/package.json")) facts_.manifest = manifest->text;
  }

 private:
  void findRailway() {
    std::vector<std::string> folders{folder_};
    const std::string dockerfile = folderOf(resolvePath(folder_, textOf(build_, "dockerfile")));
    if (!textOf(build_, "dockerfile").empty() && dockerfile != folder_) folders.push_back(dockerfile);
    if (onlyOne_ && folder_ != deploying_.merged.workingDir) folders.push_back(deploying_.merged.workingDir);
    for (const auto& folder : folders) {
      const File* file = textAt(deploying_, folder + "/railway.json");
      const File* toml = textAt(deploying_, folder + "/railway.toml");
      if (file == nullptr && toml == nullptr) continue;
      const std::string path = folder + (file != nullptr ? "/railway.json" : "/railway.toml");
      if (file != nullptr && toml != nullptr) {
        deploying_.note(name_, "railway",
                        "reads " + deploying_.planning.shown(path) + " and not railway.toml beside it",
                        "there are both");
      }
      facts_.railway = readRailway((file != nullptr ? file : toml)->text, path, deploying_.target.environment,
                                   deploying_.findings());
      return;
    }
  }

  void setDockerfile() {
    const Node* own = build_.find("dockerfile");
    const std::string& path = facts_.railway.dockerfilePath;
    if (own != nullptr && deploying_.isOfEnvironmentFile(own->at)) return;
    const std::string clean = startsWith(path, "/") ? path.substr(1) : path;
    const Location at{facts_.railway.file, 0, 0};
    if (textOf(build_, "dockerfile") == clean || (own == nullptr && clean == "Dockerfile")) return;
    build_.set("dockerfile", Node::string(clean, at));
    build_.erase("dockerfile_inline");
    deploying_.note(name_, "railway", "is built from " + clean, "dockerfilePath of its railway file", at);
  }

  void readDockerfile() {
    const std::string inlineText = textOf(build_, "dockerfile_inline");
    const std::string name = textOf(build_, "dockerfile");
    const std::string path = resolvePath(folder_, name.empty() ? "Dockerfile" : name);
    const File* file =
        inlineText.empty() ? fileOf(deploying_.planning.snapshot, path, deploying_.planning.needs) : nullptr;
    if (file != nullptr && file->kind == File::Kind::kText) facts_.dockerfile = parseDockerfile(file->text);
    if (!inlineText.empty()) facts_.dockerfile = parseDockerfile(inlineText);
    const std::string& builder = facts_.railway.builder;
    if (builder.empty() || builder == "DOCKERFILE") return;
    if (file != nullptr && file->kind == File::Kind::kAbsent) {
      deploying_.findings().problems.push_back(
          {Code::kUnsupported,
           "services." + name_ + ": building without a Dockerfile (" + builder +
               ") is not done yet, and there is none at " + deploying_.planning.shown(path),
           "write one, for example:\n" + dockerfileFor(deploying_, folder_, facts_.railway), facts_.railway.builderAt});
      build_.set("dockerfile_inline", Node::string("FROM scratch"));
      build_.erase("dockerfile");
      return;
    }
    deploying_.note(name_, "railway", "is built from its Dockerfile, not by " + builder, "a Dockerfile wins",
                    facts_.railway.builderAt);
  }

  Deploying& deploying_;
  const std::string name_;
  Node& build_;
  const bool onlyOne_;
  ServiceFacts& facts_;
  const std::string folder_;
};

}  // namespace

void learnServices(Deploying& deploying) {
  Node* services = deploying.merged.root.find("services");
  if (services == nullptr) return;
  const auto isBuilt = [](const format::Entry& entry) {
    const Node* build = entry.value.find("build");
    return build != nullptr && build->isMapping();
  };
  const bool onlyOne = std::count_if(services->entries.begin(), services->entries.end(), isBuilt) == 1;
  for (auto& entry : services->entries) {
    if (isBuilt(entry)) Learner(deploying, entry, onlyOne).learn();
  }
}

}  // namespace orbit::project
