// Where a value stands in a compose file, as the keys that lead to it. Thread rules: plain values.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace orbit::project {

// {"services", "web", "ports", "[]"}: items of a list are "[]".
class Trail {
 public:
  std::size_t size() const { return keys_.size(); }
  void push(std::string_view key) { keys_.push_back(key); }
  void pop() { keys_.pop_back(); }
  // "services.*.ports": one key for each "*".
  bool matches(std::string_view pattern) const {
    std::size_t index = 0;
    for (;; ++index) {
      const auto dot = pattern.find('.');
      const auto key = pattern.substr(0, dot);
      if (index >= keys_.size() || (key != "*" && key != keys_[index])) return false;
      if (dot == std::string_view::npos) return index + 1 == keys_.size();
      pattern.remove_prefix(dot + 1);
    }
  }
  std::string text() const {
    std::string out;
    for (const auto key : keys_) out.append(out.empty() || key == "[]" ? "" : ".").append(key);
    return out;
  }

 private:
  std::vector<std::string_view> keys_;  // of the tree that is walked
};

// Steps into a key for as long as it lives.
class Step {
 public:
  Step(Trail& trail, std::string_view key) : trail_(trail) { trail_.push(key); }
  ~Step() { trail_.pop(); }
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

 private:
  Trail& trail_;
};

}  // namespace orbit::project
