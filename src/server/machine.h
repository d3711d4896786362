// What the installer and the doctor touch of a machine: files, commands, and who asks. Tests bring one of their own.
// Private to server. Thread rules: one thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/base.h"
#include "net/net.h"

namespace orbit::server {

struct Ran {
  bool started = false;  // false: there is no such program
  int status = 0;
  std::string out;  // both outputs
};

struct Space {
  std::uint64_t freeBytes = 0, totalBytes = 0;
};

class Machine {
 public:
  virtual ~Machine() = default;
  virtual bool isRoot() const = 0;
  virtual bool exists(const std::string& path) const = 0;
  // The text of a file, at most 256 MiB; nullopt when it cannot be read.
  virtual std::optional<std::string> read(const std::string& path) const = 0;
  virtual std::optional<std::string> linkTarget(const std::string& path) const = 0;
  virtual std::vector<std::string> list(const std::string& folder) const = 0;
  virtual std::optional<unsigned> mode(const std::string& path) const = 0;  // permission bits
  virtual std::optional<Space> space(const std::string& path) const = 0;
  // Replaced whole, or not at all; folders above are made.
  virtual Status write(const std::string& path, std::string_view text, unsigned mode) = 0;
  virtual Status makeFolder(const std::string& path, unsigned mode) = 0;
  virtual Status remove(const std::string& path) = 0;
  virtual Ran run(const std::vector<std::string>& command) const = 0;
  // Whether `program` is in the PATH.
  virtual bool has(const std::string& program) const = 0;
  // False: files only, below a folder; no command is run.
  virtual bool runsCommands() const = 0;
};

class RealMachine final : public Machine {
 public:
  // `root`: the folder all paths are below, "" for this machine itself.
  explicit RealMachine(std::string root) : root_(std::move(root)) {}
  bool isRoot() const override;
  bool exists(const std::string& path) const override;
  std::optional<std::string> read(const std::string& path) const override;
  std::optional<std::string> linkTarget(const std::string& path) const override;
  std::vector<std::string> list(const std::string& folder) const override;
  std::optional<unsigned> mode(const std::string& path) const override;
  std::optional<Space> space(const std::string& path) const override;
  Status write(const std::string& path, std::string_view text, unsigned mode) override;
  Status makeFolder(const std::string& path, unsigned mode) override;
  Status remove(const std::string& path) override;
  Ran run(const std::vector<std::string>& command) const override;
  bool has(const std::string& program) const override;
  bool runsCommands() const override { return root_.empty(); }

 private:
  std::string root_;
  mutable net::Loop loop_;  // of the commands
};

}  // namespace orbit::server
