// Field lines from a head into another text. Lines that stand side by side as "name: value" CRLF are copied in one
// piece: most heads need two or three copies instead of four a field. Private to edge. Thread rules: a local value.
#pragma once
#include <string>
#include <string_view>

#include "edge/routing/field_text.h"
#include "http/core/index.h"

namespace orbit::edge {

class FieldRuns {
 public:
  FieldRuns(const http::HeadIndex& head, std::string& out) : text_(head.text), out_(out) {}
  ~FieldRuns() { flush(); }
  FieldRuns(const FieldRuns&) = delete;
  FieldRuns& operator=(const FieldRuns&) = delete;

  void add(const http::FieldIndex& field) {
    const std::size_t nameEnd = std::size_t{field.name.at} + field.name.size;
    const std::size_t valueEnd = std::size_t{field.value.at} + field.value.size;
    const bool whole = field.value.at == nameEnd + 2 && text_.compare(nameEnd, 2, ": ") == 0 &&
                       valueEnd + 2 <= text_.size() && text_.compare(valueEnd, 2, "\r\n") == 0;
    if (!whole) {
      flush();
      appendLine(text_.substr(field.name.at, field.name.size), text_.substr(field.value.at, field.value.size), out_);
      return;
    }
    if (field.name.at != end_) {
      flush();
      begin_ = field.name.at;
    }
    end_ = valueEnd + 2;
  }

 private:
  void flush() {
    out_.append(text_.substr(begin_, end_ - begin_));
    begin_ = end_ = 0;
  }

  const std::string_view text_;
  std::string& out_;
  std::size_t begin_ = 0, end_ = 0;  // the run that is not copied yet
};

}  // namespace orbit::edge
