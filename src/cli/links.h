// Which folder's production lives on which host: one file of this user, `$XDG_CONFIG_HOME/orbit/links.json` (or
// ~/.config), so that nothing has to be committed or ignored, and nothing in it is secret. A folder's link holds for
// the folders below it. Thread rules: reads and writes the file, replaced whole.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "cli/remote_host.h"

namespace orbit::cli {

struct LinkEntry {
  std::string folder;
  RemoteHost host;
};

class LinkFile {
 public:
  explicit LinkFile(std::string path) : path_(std::move(path)) {}
  const std::string& path() const { return path_; }

  // The link of `folder` or of the nearest folder above it. Errors: kIo, kInvalid (the file is damaged).
  Result<std::optional<LinkEntry>> find(const std::string& folder) const;
  Status set(const LinkEntry& entry);
  // False when that folder itself has none.
  Result<bool> remove(const std::string& folder);

 private:
  Result<std::map<std::string, std::string>> read() const;
  Status write(const std::map<std::string, std::string>& hosts) const;

  std::string path_;
};

// Where this user's link file is; "" when there is neither XDG_CONFIG_HOME nor HOME.
std::string linkFilePath(const std::function<std::optional<std::string>(const std::string&)>& lookUp);

}  // namespace orbit::cli
