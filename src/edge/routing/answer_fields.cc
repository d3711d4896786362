#include "base/text.h"
#include "edge/routing/field_runs.h"
#include "edge/routing/field_text.h"
#include "edge/routing/route.h"
#include "edge/routing/router.h"

namespace orbit::edge {
namespace {

using http::Known;

constexpr std::string_view kHsts = "strict-transport-security";
constexpr std::string_view kCorsPrefix = "access-control-";

// What ends at this connection, or is written anew.
bool isHop(Known known) {
  switch (known) {
    case Known::kConnection:
    case Known::kContentLength:
    case Known::kTransferEncoding:
    case Known::kTe:
    case Known::kUpgrade:
    case Known::kKeepAlive:
    case Known::kProxyConnection:
    case Known::kProxyAuthenticate:
    case Known::kProxyAuthorization:
    case Known::kHttp2Settings:
      return true;
    default:
      return false;
  }
}

// Fields the edge answers for in place of the upstream: HSTS never in clear (RFC 6797 7.2), CORS where the route has
// rules.
bool isReplaced(std::string_view name, const CompiledRoute* route, bool https) {
  if (name.size() == kHsts.size() && sameName(name, kHsts)) {
    return !https || (route != nullptr && !route->hstsLine.empty());
  }
  return route != nullptr && route->cors && name.size() > kCorsPrefix.size() &&
         sameName(name.substr(0, kCorsPrefix.size()), kCorsPrefix);
}

bool variesByOrigin(const http::ResponseIndex& answer) {
  return std::any_of(answer.fields.begin(), answer.fields.end(), [&](const http::FieldIndex& field) {
    if (field.known != Known::kOther || !sameName(answer.at(field.name), "vary")) return false;
    return http::listNames(answer.at(field.value), "origin") || http::listNames(answer.at(field.value), "*");
  });
}

// The length of the body, or of the one that a GET would have had (RFC 9110 8.6); none where none may stand.
void appendLength(const http::ResponseIndex& answer, const http::RequestIndex& request, std::string& out) {
  if (answer.framing.kind == http::Framing::Kind::kLength) {
    out += "Content-Length: ";
    appendNumber(answer.framing.length, out);
    out += "\r\n";
    return;
  }
  if (request.method != http::Method::kHead && answer.status != 304) return;
  const http::FieldIndex* field = answer.find(Known::kContentLength);
  if (field == nullptr) return;
  const std::string_view digits = answer.at(field->value);
  const bool number = !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
  if (number && answer.find(Known::kTransferEncoding) == nullptr) appendLine("Content-Length", digits, out);
}

void appendFields(const http::ResponseIndex& answer, const CompiledRoute* route, bool https, std::string& out) {
  const bool removes = route != nullptr && !route->responseEdits.removed.empty();
  FieldRuns runs(answer, out);
  for (const auto& field : answer.fields) {
    if (isHop(field.known)) continue;
    const std::string_view name = answer.at(field.name);
    if (field.known == Known::kOther && isReplaced(name, route, https)) continue;
    if (answer.connectionNames && http::isHopByHop(answer, field)) continue;
    if (removes && route->responseEdits.removes(name)) continue;
    runs.add(field);
  }
}

}  // namespace

void writeAnswerFields(const http::ResponseIndex& answer, const CompiledRoute* route, const http::RequestIndex& request,
                       bool https, std::string_view extra, std::string& out) {
  appendFields(answer, route, https, out);
  if (answer.status == 101) {
    out += "Connection: upgrade\r\n";
    if (const auto* upgrade = answer.find(Known::kUpgrade)) appendLine("Upgrade", answer.at(upgrade->value), out);
  } else {
    appendLength(answer, request, out);
  }
  if (route != nullptr) {
    out += route->responseEdits.lines;
    if (route->cors) {
      if (route->cors->variesByOrigin() && !variesByOrigin(answer)) out += "Vary: Origin\r\n";
      route->cors->writeActual(request, out);
    }
    if (https) out += route->hstsLine;
  }
  out += extra;
}

void writeOwnAnswerFields(const CompiledRoute* route, const http::RequestIndex& request, bool https, std::string& out) {
  if (route == nullptr) return;
  out += route->responseEdits.lines;
  if (route->cors) {
    if (route->cors->variesByOrigin()) out += "Vary: Origin\r\n";
    route->cors->writeActual(request, out);
  }
  if (https) out += route->hstsLine;
}

}  // namespace orbit::edge
