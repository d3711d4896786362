// What one route says about other origins (https://fetch.spec.whatwg.org/#http-cors-protocol), its lines written ahead.
// Private to edge. Thread rules: immutable.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "http/core/index.h"
#include "model/route_table.h"

namespace orbit::edge {

// OPTIONS with Origin and Access-Control-Request-Method.
bool isPreflight(const http::RequestIndex& request);

class Cors {
 public:
  explicit Cors(const model::TableCors& rules);

  // The lines of the answer to a preflight; a refused origin gets Vary and no more.
  void writePreflight(const http::RequestIndex& request, std::string& out) const;
  // The lines of another answer, without Vary.
  void writeActual(const http::RequestIndex& request, std::string& out) const;
  // Whether answers differ by Origin, so that Vary must say so.
  bool variesByOrigin() const { return !any_; }
  bool allows(std::string_view origin) const;

 private:
  struct Suffix {
    std::string scheme;  // "https://"
    std::string domain;  // ".example.com" or ".example.com:8443"
  };
  // False, and nothing written, when the origin is refused.
  bool writeOrigin(const http::RequestIndex& request, std::string& out) const;

  bool any_ = false, credentials_ = false, anyMethod_ = false, anyHeader_ = false;
  std::vector<std::string> origins_;
  std::vector<Suffix> suffixes_;
  std::string methodsLine_, headersLine_, maxAgeLine_, exposeLine_;
};

}  // namespace orbit::edge
