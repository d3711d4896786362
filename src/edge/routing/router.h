// From a request's head to what is to be done with it: an index over a table's routes, built once, and the edits a
// route asks for. Pure: no clock, no socket. Private to edge. Thread rules: a Router is immutable.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/core/forwarded.h"
#include "http/core/index.h"
#include "model/route_table.h"

namespace orbit::edge {

class CompiledRoute;  // a route with its patterns compiled (route.h)

class Router {
 public:
  // The table outlives the router. Errors: kInvalid (patterns; check() of table finds the rest first).
  static Result<std::unique_ptr<const Router>> build(const model::RouteTable& table);
  virtual ~Router() = default;
  // Exact host before wildcard (longest first) before none; longest path; then more matches of method and header first,
  // then the order written. Null: nothing serves this host and path. A host somebody serves but no route of it matches:
  // the same.
  virtual const CompiledRoute* match(const http::RequestIndex& request) const = 0;
  virtual std::size_t size() const = 0;
};

// What a matched route wants for this request.
struct Decision {
  enum class Kind { kForward, kAnswer } kind = Kind::kForward;
  const model::TableRoute* route = nullptr;
  // kAnswer: redirect, respond, preflight, maintenance, 404, 421, 413 by Content-Length.
  int status = 0;
  std::string fieldLines;
  std::string_view body;
  std::string bodyText;  // when body is not the table's own
};
// `https`: as the client reached us. Never blocks; `decision` is used again and again.
void decide(const CompiledRoute* route, const http::RequestIndex& request, bool https, Decision& decision);

// The head to send upstream, whole: request line, Host, fields without hop-by-hop ones, edits,
// X-Forwarded-For/-Proto/-Host, Forwarded replaced, X-Request-Id, traceparent as it came; framing for a body of known
// length or chunked. Upgrades keep Connection and Upgrade.
struct UpstreamHead {
  const CompiledRoute* route = nullptr;
  const http::ClientOrigin* origin = nullptr;
  std::string_view requestId;
};
void writeUpstreamHead(const http::RequestIndex& request, const UpstreamHead& with, std::string& out);
// The field lines of an upstream's answer for the client: hop-by-hop removed, edits, CORS, HSTS; `extra` is appended
// (cookies).
void writeAnswerFields(const http::ResponseIndex& answer, const CompiledRoute* route, const http::RequestIndex& request,
                       bool https, std::string_view extra, std::string& out);
// The page a route has for an answer the edge makes itself (502, 503, 504 …), or null.
const model::TableErrorPage* errorPage(const CompiledRoute* route, int status, bool fromUpstream);

}  // namespace orbit::edge
