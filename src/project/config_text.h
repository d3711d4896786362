// The plan as a tree in the compose file's own words. Thread rules: pure.
#pragma once
#include "format/node.h"
#include "model/plan.h"

namespace orbit::project {

// What of a service is written.
enum class Part {
  kWhole,     // all of it, `$` doubled so that it reads back as it is
  kContainer  // what makes a container differ, values as they are
};

format::Node serviceNode(const model::Service& service, Part part);
format::Node networkNode(const model::Network& network);
format::Node volumeNode(const model::Volume& volume);
format::Node buildNode(const model::Build& build);

// Small writers: what says nothing is left out.
class Writer {
 public:
  explicit Writer(Part part) : part_(part) {}
  void text(std::string_view key, const std::string& value);
  void number(std::string_view key, std::int64_t value);
  void count(std::string_view key, const std::optional<std::int64_t>& value);  // zero counts too
  void flag(std::string_view key, bool value);
  void no(std::string_view key, bool isFalse);  // writes `false` when isFalse
  void choice(std::string_view key, const std::optional<bool>& value);
  void span(std::string_view key, const std::optional<Duration>& value);
  void list(std::string_view key, const std::vector<std::string>& values);
  void words(std::string_view key, const std::optional<std::vector<std::string>>& values);
  void map(std::string_view key, const std::map<std::string, std::string>& values);
  void map(std::string_view key, const std::map<std::string, std::optional<std::string>>& values);
  void node(std::string_view key, format::Node value);
  format::Node string(const std::string& value) const;
  format::Node take();  // keys sorted
  bool empty() const { return node_.entries.empty(); }

 private:
  Part part_;
  format::Node node_ = format::Node::mapping();
};

}  // namespace orbit::project
