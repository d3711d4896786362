// Typed reading of one mapping of the merged tree. A value that cannot be what its key asks for becomes a problem with
// its place and reads as absent, so that one reading finds every fault. Thread rules: one reading owns it.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/base.h"
#include "format/node.h"
#include "model/plan.h"

namespace orbit::project {

// Where problems and warnings of one reading gather.
struct Findings {
  std::vector<Error> problems;
  std::vector<model::Warning> warnings;
  void problem(const format::Node& at, std::string message, std::string hint);
  void problem(const Location& at, std::string message, std::string hint);
  void warn(const Location& at, std::string message, std::string hint);
};

class Fields {
 public:
  // `path` names the mapping in messages: "services.db". A null node has no fields.
  Fields(const format::Node* node, std::string path, Findings& findings)
      : node_(node), path_(std::move(path)), findings_(&findings) {}

  // The value under key; nullptr when absent or null.
  const format::Node* find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }
  Fields in(std::string_view key) const;  // the mapping under key, without fields when absent
  Location at(std::string_view key) const;
  std::string pathOf(std::string_view key) const { return path_ + "." + std::string(key); }
  const std::string& path() const { return path_; }
  const format::Node* node() const { return node_; }
  Findings& findings() const { return *findings_; }

  std::string text(std::string_view key, std::string fallback = {}) const;
  // One of `words`, else a problem that names the nearest.
  std::string word(std::string_view key, const std::vector<std::string_view>& words) const;
  std::optional<bool> flag(std::string_view key) const;
  bool isSet(std::string_view key) const { return flag(key).value_or(false); }
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max) const;
  // A file mode in octal: 0440, 0o440 or "440" with a leading zero; other numbers are decimal.
  std::optional<std::uint32_t> mode(std::string_view key) const;
  std::optional<double> number(std::string_view key) const;
  std::optional<Duration> duration(std::string_view key) const;
  // "512m" as bytes; -1 passes where `minusOne` says so.
  std::optional<std::int64_t> bytes(std::string_view key, bool minusOne = false) const;
  // Microseconds: a bare number, or a duration.
  std::int64_t microseconds(std::string_view key) const;
  std::vector<std::string> strings(std::string_view key) const;
  std::map<std::string, std::string> map(std::string_view key) const;
  std::map<std::string, std::optional<std::string>> optionalMap(std::string_view key) const;
  // The nodes of the list under key.
  const std::vector<format::Node>& items(std::string_view key) const;

  void problem(std::string_view key, std::string_view what, std::string hint) const;

 private:
  const format::Node* node_;
  std::string path_;
  Findings* findings_;
};

// "`x`, `y` or `z`".
std::string choices(const std::vector<std::string_view>& words);
// A whole number written in decimal, octal (0o755) or hexadecimal (0x1f).
std::optional<std::int64_t> wholeNumber(std::string_view text);

}  // namespace orbit::project
