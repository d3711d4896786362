// A route of the table with everything done that can be done before the first request: names in lower case, lines
// written, patterns compiled. Private to edge. Thread rules: immutable.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/routing/cors.h"
#include "edge/routing/pattern.h"
#include "edge/routing/redirect.h"
#include "http/core/index.h"
#include "model/route_table.h"

namespace orbit::edge {

// Header edits in their order, as their outcome: what is taken out, then what is put in.
struct CompiledEdits {
  std::vector<std::string> removed;  // lower case
  std::string lines;
  bool removes(std::string_view name) const;
};

struct CompiledHeaderMatch {
  std::string name;  // lower case
  model::TableHeaderMatch::Kind kind = model::TableHeaderMatch::Kind::kPresent;
  std::string value;
  std::optional<Pattern> pattern;
  bool accepts(const http::HeadIndex& head) const;  // any of the fields with that name
};

struct CompiledRoute {
  // The table outlives it. Errors: kInvalid, a pattern.
  static Result<CompiledRoute> compile(const model::TableRoute& route, std::uint32_t number,
                                       std::string_view httpsPort);
  // Methods and headers; host and path are the index's work.
  bool accepts(const http::RequestIndex& request) const;
  // Whether it has a condition beyond host and path.
  std::size_t conditions() const { return (methods == 0 && otherMethods.empty() ? 0u : 1u) + headers.size(); }
  // Appends the path to send upstream. False, and nothing appended: the rewrite made something that is no path.
  bool appendPath(std::string_view path, std::string& out) const;

  const model::TableRoute* route = nullptr;
  std::uint32_t number = 0;   // its place in the table
  std::uint32_t methods = 0;  // a bit for each http::Method; none and no other: all
  std::vector<std::string> otherMethods;
  std::vector<CompiledHeaderMatch> headers;
  std::optional<Pattern> rewriteFrom;
  std::optional<RedirectTarget> redirect;
  std::optional<Cors> cors;
  CompiledEdits requestEdits, responseEdits;
  std::string vitalsPath;  // where its pages' beacons go; "": nowhere
  std::string hstsLine;    // "" : none
  std::string httpsPort;   // ":8443", or "" for 443: where a redirect to HTTPS leads
  bool rewrites = false;   // the path
};

}  // namespace orbit::edge
