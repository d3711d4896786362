// Field lines as nghttp2 takes them, without a copy: it makes its own, in lower case. Private to http. Thread rules:
// plain values.
#pragma once
#include <nghttp2/nghttp2.h>

#include <array>
#include <cstddef>
#include <string_view>

namespace orbit::http {

// Views over the lines they were read from. What does not fit is left out.
class FieldViews {
 public:
  static constexpr std::size_t kMost = 256;
  void add(std::string_view name, std::string_view value);
  const nghttp2_nv* data() const { return fields_.data(); }
  std::size_t size() const { return size_; }
  char* statusText() { return status_.data(); }

 private:
  std::array<nghttp2_nv, kMost> fields_;
  std::size_t size_ = 0;
  std::array<char, 3> status_{};
};

void addStatus(int status, FieldViews& into);
// "name: value\r\n" lines, connection-specific fields left out (RFC 9113 8.2.2). False: there was none.
bool readFieldViews(std::string_view lines, FieldViews& into);

}  // namespace orbit::http
