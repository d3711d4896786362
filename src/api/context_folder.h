// Uploaded build contexts on disk, from their upload until the operation that uses them ends. Private to api. Thread
// rules: the thread of its Loop; file calls of milliseconds block it, writes of archives go to a worker.
#pragma once
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/base.h"

namespace orbit::api {

class ContextFolder {
 public:
  explicit ContextFolder(std::string folder) : folder_(std::move(folder)) {}

  // Makes the folder (0700). What an earlier daemon left behind goes: the operations it was for ended with it. What no
  // operation ever used goes after six hours, with a later upload.
  Status open();
  // An empty file (0600) for an upload and its token; the descriptor is the caller's.
  struct Upload {
    std::string token;
    int descriptor = -1;
  };
  Result<Upload> create(std::string token);
  void remove(const std::string& token);
  // service → token as service → path. Errors: kNotFound for a token that is not here (any more).
  Result<std::map<std::string, std::string>> paths(const std::map<std::string, std::string>& tokens) const;

  // Removes the archives of an operation when it goes, unless they are kept for the next round.
  class Use {
   public:
    Use(ContextFolder& folder, const std::map<std::string, std::string>& tokens);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    void keep() { tokens_.clear(); }

   private:
    ContextFolder& folder_;
    std::vector<std::string> tokens_;
  };

 private:
  void removeOlder(std::chrono::seconds age);
  std::string path(const std::string& token) const { return folder_ + "/" + token + ".tar"; }
  std::string folder_;
};

}  // namespace orbit::api
