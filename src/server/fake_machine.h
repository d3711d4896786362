// A machine of values for tests: files in a map, commands answered from a list and written down. Thread rules: one
// thread.
#pragma once
#include <map>
#include <set>

#include "server/machine.h"

namespace orbit::server {

class FakeMachine final : public Machine {
 public:
  bool root = true;
  std::map<std::string, std::string> files;
  std::map<std::string, unsigned> modes;
  std::map<std::string, std::string> links;
  std::map<std::string, std::vector<std::string>> folders;
  std::set<std::string> programs;
  Space disk{100ULL << 30, 200ULL << 30};
  std::map<std::string, Ran> answers;  // by the command's words, joined; others succeed silently
  mutable std::vector<std::string> ran;

  bool isRoot() const override { return root; }
  bool exists(const std::string& path) const override { return files.contains(path) || folders.contains(path); }
  std::optional<std::string> read(const std::string& path) const override {
    const auto found = files.find(path);
    return found == files.end() ? std::nullopt : std::optional<std::string>(found->second);
  }
  std::optional<std::string> linkTarget(const std::string& path) const override {
    const auto found = links.find(path);
    return found == links.end() ? std::nullopt : std::optional<std::string>(found->second);
  }
  std::vector<std::string> list(const std::string& folder) const override {
    const auto found = folders.find(folder);
    return found == folders.end() ? std::vector<std::string>() : found->second;
  }
  std::optional<unsigned> mode(const std::string& path) const override {
    const auto found = modes.find(path);
    return found == modes.end() ? std::nullopt : std::optional<unsigned>(found->second);
  }
  std::optional<Space> space(const std::string&) const override { return disk; }
  Status write(const std::string& path, std::string_view text, unsigned mode) override {
    files[path] = text;
    modes[path] = mode;
    return {};
  }
  Status makeFolder(const std::string& path, unsigned mode) override {
    folders[path];
    modes[path] = mode;
    return {};
  }
  Status remove(const std::string& path) override {
    files.erase(path);
    return {};
  }
  Ran run(const std::vector<std::string>& command) const override {
    const std::string words = join(command, " ");
    ran.push_back(words);
    const auto found = answers.find(words);
    return found == answers.end() ? Ran{true, 0, ""} : found->second;
  }
  bool has(const std::string& program) const override { return programs.contains(program); }
  bool runsCommands() const override { return true; }
};

}  // namespace orbit::server
