#include "cli/links.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/base.h"
#include "cli/snapshot.h"
#include "format/json.h"

namespace orbit::cli {
namespace {

using format::Json;
namespace fs = std::filesystem;

Error cannotWrite(const std::string& path) {
  return Error{.code = errno == EACCES ? Code::kDenied : Code::kIo,
               .message = "Cannot write " + path + ": " + std::strerror(errno),
               .hint = "Set ORBIT_HOST=ssh://USER@HOST instead, or XDG_CONFIG_HOME to a folder of yours"};
}

}  // namespace

std::string linkFilePath(const std::function<std::optional<std::string>(const std::string&)>& lookUp) {
  const std::string config = lookUp("XDG_CONFIG_HOME").value_or("");
  if (!config.empty()) return config + "/orbit/links.json";
  const std::string home = lookUp("HOME").value_or("");
  return home.empty() ? "" : home + "/.config/orbit/links.json";
}

Result<std::map<std::string, std::string>> LinkFile::read() const {
  std::map<std::string, std::string> hosts;
  if (path_.empty()) return hosts;
  const ReadFile file = readFile(path_);
  if (file.kind == "absent") return hosts;
  if (file.kind != "text") return Error{.code = Code::kIo, .message = "Cannot read " + path_ + ": " + file.reason};
  auto json = format::parseJson(file.text, path_);
  if (!json.ok() || !(*json)["links"].isObject()) {
    return Error{.code = Code::kInvalid,
                 .message = path_ + " is not what `orbit link` writes there",
                 .hint = "Remove it and link again"};
  }
  for (const auto& [folder, host] : (*json)["links"].members()) hosts[folder] = host.asString();
  return hosts;
}

Status LinkFile::write(const std::map<std::string, std::string>& hosts) const {
  if (path_.empty()) {
    return Error{.code = Code::kInvalid,
                 .message = "There is no folder to keep the link in: neither XDG_CONFIG_HOME nor HOME is set",
                 .hint = "Set ORBIT_HOST=ssh://USER@HOST instead"};
  }
  Json links = Json::object();
  for (const auto& [folder, host] : hosts) links.set(folder, host);
  Json whole = Json::object();
  whole.set("links", std::move(links));
  const std::string text = whole.dump(2) + "\n";
  std::error_code failed;
  fs::create_directories(fs::path(path_).parent_path(), failed);
  const std::string next = path_ + "." + std::to_string(::getpid());
  const int file = ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return cannotWrite(path_);
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  if (written && ::rename(next.c_str(), path_.c_str()) == 0) return {};
  const Error error = cannotWrite(path_);
  ::unlink(next.c_str());
  return error;
}

Result<std::optional<LinkEntry>> LinkFile::find(const std::string& folder) const {
  ORBIT_TRY(const auto hosts, read());
  for (fs::path at = folder;; at = at.parent_path()) {
    const auto found = hosts.find(at.string());
    if (found != hosts.end()) {
      ORBIT_TRY(RemoteHost host, parseRemoteHost(found->second));
      return std::optional<LinkEntry>({at.string(), std::move(host)});
    }
    if (at == at.parent_path() || at.empty()) return std::optional<LinkEntry>();
  }
}

Status LinkFile::set(const LinkEntry& entry) {
  ORBIT_TRY(auto hosts, read());
  hosts[entry.folder] = entry.host.url();
  return write(hosts);
}

Result<bool> LinkFile::remove(const std::string& folder) {
  ORBIT_TRY(auto hosts, read());
  if (hosts.erase(folder) == 0) return false;
  ORBIT_TRY_STATUS(write(hosts));
  return true;
}

}  // namespace orbit::cli
