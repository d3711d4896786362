// HTTP messages as plain values (RFC 9110). Field names compare without case. Thread rules: plain values.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace orbit::http {

struct Field {
  std::string name;
  std::string value;
};

class Fields {
 public:
  Fields() = default;
  Fields(std::initializer_list<Field> fields) : fields_(fields) {}
  // The first value under name, or "".
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  void add(std::string name, std::string value) { fields_.push_back({std::move(name), std::move(value)}); }
  void set(std::string name, std::string value);  // replaces all of that name
  void erase(std::string_view name);
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }

 private:
  std::vector<Field> fields_;
};

struct RequestHead {
  std::string method = "GET";
  std::string target = "/";  // origin form: path and query
  Fields fields;
};

struct ResponseHead {
  int status = 0;
  std::string reason;
  Fields fields;
};

// The usual reason phrase of a status ("Not Found"), or "".
std::string_view reasonPhrase(int status);

}  // namespace orbit::http
