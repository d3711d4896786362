#include "project/needs.h"

namespace orbit::project {
namespace {

bool choosesFiles(std::string_view name) {
  return name == "HOME" || startsWith(name, "COMPOSE_");
}

}  // namespace

const File* fileOf(const Snapshot& snapshot, const std::string& path, Needs& needs) {
  const auto found = snapshot.files.find(path);
  if (found != snapshot.files.end()) return &found->second;
  needs.files.insert(path);
  return nullptr;
}

std::optional<std::string> Environment::find(std::string_view name) const {
  const auto fixed = fixed_.find(name);
  if (fixed != fixed_.end()) return fixed->second;
  if (target_ != nullptr) {
    if (auto value = findInTarget(name)) return value;
    if (!choosesFiles(name)) return findInFiles(name);
  }
  const auto shell = snapshot_->variables.find(std::string(name));
  if (shell == snapshot_->variables.end()) {
    needs_->variables.insert(std::string(name));
  } else if (shell->second) {
    return shell->second;
  }
  return findInFiles(name);
}

std::optional<std::string> Environment::findInFiles(std::string_view name) const {
  const auto own = values_.find(name);
  if (own != values_.end()) return own->second;
  return std::nullopt;
}

std::optional<std::string> Environment::findInTarget(std::string_view name) const {
  if (target_ == nullptr) return std::nullopt;
  const auto service = target_->ofServices.find(service_);
  if (service != target_->ofServices.end()) {
    const auto own = service->second.find(name);
    if (own != service->second.end()) return own->second;
  }
  const auto all = target_->all.find(name);
  return all == target_->all.end() ? std::nullopt : std::optional(all->second);
}

Environment Environment::forService(std::string_view service) const {
  Environment copy = *this;
  copy.service_ = service;
  return copy;
}

std::string resolvePath(std::string_view folder, std::string_view path) {
  std::string whole(path);
  if (!startsWith(path, "/")) whole = std::string(folder) + "/" + whole;
  std::vector<std::string_view> parts;
  for (const auto part : split(whole, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string out;
  for (const auto part : parts) out.append("/").append(part);
  return out.empty() ? "/" : out;
}

std::string folderOf(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

}  // namespace orbit::project
