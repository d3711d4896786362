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

struct CompiledRoute;  // a route with its patterns compiled (route.h)

inline constexpr std::uint32_t kNoRoute = ~0u;

class Router {
 public:
  // The table outlives the router. Errors: kInvalid (patterns; check() of table finds the rest first).
  static Result<std::unique_ptr<const Router>> build(const model::RouteTable& table);
  virtual ~Router() = default;
  // Exact host before wildcard (longest first; any number of labels) before none: the first of these that has a route
  // serves the host alone. Then the longest path, "=" before a prefix as long; then more matches of method and header
  // first, then the order written. Null: nothing serves this host and path, or no route of the host matches.
  virtual const CompiledRoute* match(const http::RequestIndex& request) const = 0;
  virtual std::size_t size() const = 0;
};

// What a matched route wants for this request.
struct Decision {
  enum class Kind { kForward, kAnswer } kind = Kind::kForward;
  const model::TableRoute* route = nullptr;
  std::uint32_t number = kNoRoute;  // the route's place in the table: what belongs to it is found without its name
  // kAnswer: redirect, respond, preflight, maintenance, 404, 413 by Content-Length, 400 (a rewrite that made no path),
  // 501 (CONNECT, TRACE). The lines hold no length: the body is whole here; not sent for HEAD.
  int status = 0;
  std::string fieldLines;
  std::string_view body;
  std::string bodyText;  // when body is not the table's own
};
// `https`: as the client reached us. Never blocks; `decision` is used again and again.
void decide(const CompiledRoute* route, const http::RequestIndex& request, bool https, Decision& decision);
// To the same place by HTTPS on `port`, as a listener's redirectToHttps wants it; false when this request is to be
// served all the same (an ACME challenge).
bool decideHttps(const http::RequestIndex& request, std::uint16_t port, Decision& decision);

// The head to send upstream, whole: request line, Host, fields without hop-by-hop ones, edits,
// X-Forwarded-For/-Proto/-Host, X-Request-Id, traceparent as it came; framing for a body of known length or chunked.
// Upgrades keep Connection and Upgrade (but h2c, which would be a way past the edge). What a client says in Forwarded,
// X-Forwarded-* and X-Real-IP is taken out, spelled with "_" too.
struct UpstreamHead {
  const CompiledRoute* route = nullptr;  // null: none of the table (a listener's own service)
  const http::ClientOrigin* origin = nullptr;
  std::string_view requestId;
  bool plain = false;  // the answer is to come without compression
};
void writeUpstreamHead(const http::RequestIndex& request, const UpstreamHead& with, std::string& out);
// The request's trailers behind it: without what the head's rules take out of a head.
void writeUpstreamTrailers(const http::RequestIndex& request, std::string_view trailerLines, const CompiledRoute* route,
                           std::string& out);
// The field lines of an upstream's answer for the client: hop-by-hop removed, one Content-Length when it is known,
// edits, CORS, HSTS; `extra` is appended (cookies). A 101 has its Connection and Upgrade.
void writeAnswerFields(const http::ResponseIndex& answer, const CompiledRoute* route, const http::RequestIndex& request,
                       bool https, std::string_view extra, std::string& out);
// The same lines (edits, CORS, HSTS) for an answer the edge makes itself: an error page. Appended.
void writeOwnAnswerFields(const CompiledRoute* route, const http::RequestIndex& request, bool https, std::string& out);
// The page a route has for an answer the edge makes itself (502, 503, 504 …), or null.
const model::TableErrorPage* errorPage(const CompiledRoute* route, int status, bool fromUpstream);

}  // namespace orbit::edge
