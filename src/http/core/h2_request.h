// The fields of an HTTP/2 request into the index that HTTP/1.1 fills (RFC 9113 8.3), so that what is above, and the
// HTTP/1.1 server behind, read one thing. nghttp2 has checked the bytes of names and values, the order, number and
// presence of pseudo-header fields, connection-specific fields and the form of Content-Length; here comes what makes a
// downgrade safe. Private to http. Thread rules: plain values.
#pragma once
#include "http/core/h2.h"
#include "http/core/lines.h"

namespace orbit::http {

class H2RequestBuilder {
 public:
  explicit H2RequestBuilder(std::size_t listBytesMax) : listBytesMax_(listBytesMax) {}
  void begin();
  // False: the list is larger than anybody's mistake, and the connection should end.
  bool add(std::string_view name, std::string_view value);
  // All fields are there; `end`: no body follows. On success head() is whole.
  Refusal finish(bool end);
  RequestIndex& head() { return head_; }
  bool hasPriority() const { return hasPriority_; }

 private:
  void addPseudo(std::string_view name, std::string_view value);
  Refusal readHost();
  Refusal readPath();
  Refusal readFraming(bool end);
  void joinCookies();
  Slice append(std::string_view part);

  std::size_t listBytesMax_;
  RequestIndex head_;
  std::size_t listBytes_ = 0;  // as RFC 9113 6.5.2 counts
  Slice scheme_, authority_;
  unsigned cookies_ = 0, hosts_ = 0, lengths_ = 0;
  bool hasPriority_ = false;
  bool hasAuthority_ = false;
};

}  // namespace orbit::http
