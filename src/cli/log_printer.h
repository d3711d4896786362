// Log lines of several containers with aligned, coloured prefixes, as Docker Compose prints them. Thread rules: one
// owner; it writes nothing itself.
#pragma once
#include <map>
#include <string>

#include "cli/events.h"
#include "cli/screen_text.h"

namespace orbit::cli {

// "db-1" for container "shop-db-1" of service "db", "production web.r12.1" for a deployed one; the container's own name
// when it is made neither way.
std::string instanceName(const std::string& service, const std::string& container);

class LogPrinter {
 public:
  struct Options {
    Style style;
    bool prefix = true;
    bool timestamps = false;
  };
  explicit LogPrinter(Options options) : options_(options) {}

  // Makes room for a container's name before its first line, so that the columns do not move.
  void expect(const std::string& service, const std::string& container);
  // The line as printed, with its line end.
  std::string line(const LogEvent& event);
  // "db-1 exited with code 1"; "" when there is nothing to tell.
  std::string line(const ContainerEvent& event);

 private:
  struct Source {
    std::string name;
    Color color = Color::kNone;
  };
  const Source& source(const std::string& service, const std::string& container);

  Options options_;
  std::map<std::string, Source> sources_;  // by container
  std::size_t width_ = 0;
};

}  // namespace orbit::cli
