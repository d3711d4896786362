// A table with every feature, and whatever a client and an upstream may send: the head that goes upstream is read again
// as the same request with the same body, what comes back is read again as one answer, and no field that the edge
// speaks for is there twice. The first byte says how the request came; an upstream's answer follows byte 1.
#include <algorithm>

#include "edge/routing/router.h"

namespace {

using namespace orbit;
using http::Known;

model::TableRoute route(const char* id, const char* host, const char* path) {
  model::TableRoute out;
  out.id = id;
  out.host = host;
  out.path = path;
  out.service = "web";
  return out;
}

model::RouteTable makeTable() {
  model::RouteTable table;
  auto plain = route("plain", "", "/");
  plain.requestHeaders = {{model::TableHeaderEdit::Kind::kSet, "X-Env", "prod"},
                          {model::TableHeaderEdit::Kind::kRemove, "Cookie", ""}};
  plain.responseHeaders = {{model::TableHeaderEdit::Kind::kSet, "X-Frame-Options", "DENY"}};
  plain.hstsSeconds = 60;
  auto rewritten = route("rewritten", "", "/r");
  rewritten.stripPrefix = "/r";
  rewritten.addPrefix = "/in";
  rewritten.upstreamHost = "web.internal:8080";
  auto pattern = route("pattern", "*.p", "/");
  pattern.rewriteFrom = "/([^/]*)(.*)";
  pattern.rewriteTo = "/.\\1\\2%";
  auto moved = route("moved", "*.m", "/");
  moved.service = "";
  moved.rewriteFrom = "/x(.*)";
  moved.redirect = {{"/$1$query", 308}};
  auto away = route("away", "*.a", "/");
  away.service = "";
  away.redirect = {{"https://$host.example.com$path$query", 302}};
  auto relative = route("relative", "*.l", "/");
  relative.service = "";
  relative.redirect = {{"$path", 301}};
  auto cors = route("cors", "c", "/");
  cors.methods = {"GET", "PUT"};
  cors.cors = {{.origins = {"https://a.test", "https://*.b.test"},
                .methods = {"*"},
                .headers = {"*"},
                .expose = {"X-Total"},
                .credentials = true}};
  auto secure = route("secure", "s", "/");
  secure.redirectToHttps = true;
  secure.bodyBytesMax = 10;
  auto matched = route("matched", "h", "/");
  matched.headers = {{"X-A", model::TableHeaderMatch::Kind::kRegex, "a+b?"},
                     {"X-B", model::TableHeaderMatch::Kind::kPrefix, "b"}};
  auto closed = route("closed", "d", "/");
  closed.maintenance = {{}};
  table.routes = {plain, rewritten, pattern, moved, away, relative, cors, secure, matched, closed};
  return table;
}

std::size_t countOf(const http::HeadIndex& head, Known known) {
  return static_cast<std::size_t>(std::count_if(head.fields.begin(), head.fields.end(),
                                                [known](const auto& field) { return field.known == known; }));
}

std::uint64_t lengthOf(const http::Framing& framing) {
  return framing.kind == http::Framing::Kind::kLength ? framing.length : 0;
}

// Lines that stand alone are one head, whole.
void checkLines(const std::string& lines, http::ResponseIndex& into) {
  const std::string text = "HTTP/1.1 200 OK\r\n" + lines + "\r\n";
  http::HeadLimits limits{1 << 20, 1000, 1 << 20};
  const auto outcome = http::parseResponseHead(text, limits, http::Method::kGet, into);
  ORBIT_CHECK(outcome.kind == http::ParseOutcome::Kind::kDone && outcome.size == text.size());
}

void checkUpstream(const edge::CompiledRoute* matched, const http::RequestIndex& request, bool https) {
  http::ClientOrigin origin;
  origin.https = https;
  origin.forwardedFor = "203.0.113.9";
  std::string head;
  edge::writeUpstreamHead(request, {matched, &origin, "id-1"}, head);
  http::RequestIndex sent;
  const auto outcome = http::parseRequestHead(head, {1 << 20, 1000, 1 << 20}, sent);
  ORBIT_CHECK(outcome.kind == http::ParseOutcome::Kind::kDone && outcome.size == head.size());
  ORBIT_CHECK(sent.at(sent.methodText) == request.at(request.methodText) && sent.hasQuery == request.hasQuery);
  ORBIT_CHECK(sent.at(sent.query) == request.at(request.query));
  ORBIT_CHECK(sent.at(sent.host) == request.at(request.host) || sent.at(sent.host) == "web.internal");
  const bool chunked = request.framing.kind == http::Framing::Kind::kChunked;
  ORBIT_CHECK(chunked == (sent.framing.kind == http::Framing::Kind::kChunked));
  ORBIT_CHECK(lengthOf(sent.framing) == lengthOf(request.framing) && sent.upgrade == request.upgrade);
  for (const Known own :
       {Known::kHost, Known::kXForwardedFor, Known::kXForwardedProto, Known::kXForwardedHost, Known::kXRequestId}) {
    ORBIT_CHECK(countOf(sent, own) == 1);
  }
  ORBIT_CHECK(countOf(sent, Known::kForwarded) == 0 && countOf(sent, Known::kConnection) <= 1);
  ORBIT_CHECK(sent.at(sent.find(Known::kXForwardedFor)->value) == "203.0.113.9");
  ORBIT_CHECK(countOf(sent, Known::kContentLength) + countOf(sent, Known::kTransferEncoding) <= 1);
}

void checkAnswer(std::string_view bytes, const edge::CompiledRoute* matched, const http::RequestIndex& request,
                 bool https) {
  http::ResponseIndex answer;
  const auto outcome = http::parseResponseHead(bytes, {}, request.method, answer);
  if (outcome.kind != http::ParseOutcome::Kind::kDone) return;
  std::string lines;
  edge::writeAnswerFields(answer, matched, request, https, "Set-Cookie: side=a\r\n", lines);
  http::ResponseIndex given;
  checkLines(lines, given);
  ORBIT_CHECK(countOf(given, Known::kContentLength) <= 1 && countOf(given, Known::kTransferEncoding) == 0);
  if (answer.framing.kind == http::Framing::Kind::kLength) ORBIT_CHECK(given.framing.length == answer.framing.length);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const model::RouteTable kTable = makeTable();
  static const auto kRouter = std::move(edge::Router::build(kTable)).value();
  if (size == 0) return 0;
  const bool https = (data[0] & 1) != 0;
  const std::string_view all(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view bytes = all.substr(0, all.find('\x01'));
  http::RequestIndex request;
  if (http::parseRequestHead(bytes, {}, request).kind != http::ParseOutcome::Kind::kDone) return 0;
  request.http2 = (data[0] & 2) != 0;
  const edge::CompiledRoute* matched = kRouter->match(request);
  edge::Decision decision;
  edge::decide(matched, request, https, decision);
  if (decision.kind == edge::Decision::Kind::kForward) {
    checkUpstream(matched, request, https);
    if (bytes.size() < all.size()) checkAnswer(all.substr(bytes.size() + 1), matched, request, https);
    return 0;
  }
  http::ResponseIndex given;
  checkLines(decision.fieldLines, given);
  if (const auto* location = given.find(Known::kLocation)) {
    const std::string_view to = given.at(location->value);
    const std::string_view absolute = decision.status == 302 ? "example.com" : request.at(request.host);
    // In a query a backslash is nothing but itself; before it, browsers read a slash.
    ORBIT_CHECK(to.substr(0, 2) != "//" && to.substr(0, to.find('?')).find('\\') == to.npos);
    if (to.substr(0, 8) == "https://") {
      ORBIT_CHECK(to.substr(0, to.find('/', 8)).find(absolute) != to.npos);
    } else {
      ORBIT_CHECK(to.substr(0, 1) == "/");
    }
  }
  return 0;
}
