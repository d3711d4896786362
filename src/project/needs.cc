#include "project/needs.h"

namespace orbit::project {

const File* fileOf(const Snapshot& snapshot, const std::string& path, Needs& needs) {
  const auto found = snapshot.files.find(path);
  if (found != snapshot.files.end()) return &found->second;
  needs.files.insert(path);
  return nullptr;
}

std::optional<std::string> Environment::find(std::string_view name) const {
  const auto fixed = fixed_.find(name);
  if (fixed != fixed_.end()) return fixed->second;
  const auto shell = snapshot_->variables.find(std::string(name));
  if (shell == snapshot_->variables.end()) {
    needs_->variables.insert(std::string(name));
  } else if (shell->second) {
    return shell->second;
  }
  const auto own = values_.find(name);
  if (own != values_.end()) return own->second;
  return std::nullopt;
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
