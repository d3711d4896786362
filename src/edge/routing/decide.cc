#include "base/text.h"
#include "edge/routing/field_text.h"
#include "edge/routing/route.h"
#include "edge/routing/router.h"

namespace orbit::edge {
namespace {

using http::Known;
using http::Method;

constexpr std::string_view kChallengePath = "/.well-known/acme-challenge/";
constexpr std::string_view kPlainText = "Content-Type: text/plain; charset=utf-8\r\n";
constexpr std::string_view kRetryAfter = "Retry-After: 60\r\n";  // of maintenance, seconds
constexpr std::string_view kNotFound = "Nothing is served at this address.\n";
constexpr std::string_view kNoSuchMethod = "This method is not served here.\n";
constexpr std::string_view kTooLarge = "The request's body is larger than this address takes.\n";
constexpr std::string_view kBadPath = "This path cannot be served.\n";
constexpr std::string_view kMaintenance = "This service is being worked on. Please come back in a minute.\n";

void answer(Decision& decision, int status, std::string_view body) {
  decision.kind = Decision::Kind::kAnswer;
  decision.status = status;
  decision.body = body;
}

void answerPlain(Decision& decision, int status, std::string_view body) {
  answer(decision, status, body);
  decision.fieldLines += kPlainText;
}

void answerPage(Decision& decision, int status, std::string_view contentType, std::string_view body) {
  answer(decision, status, body);
  if (!body.empty() && !contentType.empty()) appendLine("Content-Type", contentType, decision.fieldLines);
}

void answerHttps(const http::RequestIndex& request, std::string_view port, Decision& decision) {
  std::string& lines = decision.fieldLines;
  answer(decision, 308, {});
  lines.append("Location: https://").append(request.at(request.host)).append(port);
  const std::string_view path = request.at(request.path);
  lines += path == "*" ? "/" : path;
  if (request.hasQuery) lines.append("?").append(request.at(request.query));
  lines += "\r\n";
}

void answerRedirect(const CompiledRoute& route, const http::RequestIndex& request, Decision& decision) {
  RedirectTarget::Values values;
  values.host = request.at(request.host);
  values.path = request.at(request.path);
  if (values.path == "*") values.path = "/";
  values.query = request.at(request.query);
  values.hasQuery = request.hasQuery;
  Pattern::Groups groups;
  if (route.rewriteFrom && route.rewriteFrom->groups(values.path, groups)) values.groups = &groups;
  answer(decision, route.route->redirect[0].status, {});
  decision.fieldLines += "Location: ";
  route.redirect->write(values, decision.fieldLines);
  decision.fieldLines += "\r\n";
}

void answerMaintenance(const model::TableErrorPage& page, Decision& decision) {
  if (page.body.empty()) {
    answerPlain(decision, 503, kMaintenance);
  } else {
    answerPage(decision, 503, page.contentType, page.body);
  }
  decision.fieldLines += kRetryAfter;
}

// By the route's page for this status, if it has one.
void answerError(const CompiledRoute& route, Decision& decision, int status, std::string_view text) {
  const model::TableErrorPage* page = errorPage(&route, status, false);
  if (page == nullptr) return answerPlain(decision, status, text);
  answerPage(decision, status, page->contentType, page->body);
}

// What the route answers by itself, if anything.
void decideRoute(const CompiledRoute& compiled, const http::RequestIndex& request, Decision& decision) {
  const model::TableRoute& route = *compiled.route;
  const bool tooLarge = route.bodyBytesMax > 0 && request.framing.kind == http::Framing::Kind::kLength &&
                        request.framing.length > route.bodyBytesMax;
  if (!route.maintenance.empty()) {
    answerMaintenance(route.maintenance[0], decision);
  } else if (tooLarge) {
    answerError(compiled, decision, 413, kTooLarge);
  } else if (compiled.redirect) {
    answerRedirect(compiled, request, decision);
  } else if (!route.respond.empty()) {
    answerPage(decision, route.respond[0].status, route.respond[0].contentType, route.respond[0].body);
  } else if (compiled.rewriteFrom) {
    std::string scratch;
    if (!compiled.appendPath(request.at(request.path), scratch)) answerError(compiled, decision, 400, kBadPath);
  }
}

}  // namespace

void decide(const CompiledRoute* route, const http::RequestIndex& request, bool https, Decision& decision) {
  decision.kind = Decision::Kind::kForward;
  decision.route = route == nullptr ? nullptr : route->route;
  decision.number = route == nullptr ? kNoRoute : route->number;
  decision.status = 0;
  decision.fieldLines.clear();
  decision.body = {};
  decision.bodyText.clear();
  if (route == nullptr) return answerPlain(decision, 404, kNotFound);
  if (request.method == Method::kConnect || request.method == Method::kTrace) {
    return answerError(*route, decision, 501, kNoSuchMethod);
  }
  if (route->route->redirectToHttps && !https) {
    if (!startsWith(request.at(request.path), kChallengePath)) return answerHttps(request, route->httpsPort, decision);
  }
  if (route->cors && isPreflight(request)) {
    answer(decision, 204, {});
    route->cors->writePreflight(request, decision.fieldLines);
    if (https) decision.fieldLines += route->hstsLine;
    return;
  }
  decideRoute(*route, request, decision);
  if (decision.kind == Decision::Kind::kAnswer) writeOwnAnswerFields(route, request, https, decision.fieldLines);
}

bool decideHttps(const http::RequestIndex& request, std::uint16_t port, Decision& decision) {
  if (startsWith(request.at(request.path), kChallengePath)) return false;
  decision = {};
  answerHttps(request, port == 443 ? "" : ":" + std::to_string(port), decision);
  return true;
}

const model::TableErrorPage* errorPage(const CompiledRoute* route, int status, bool fromUpstream) {
  if (route == nullptr) return nullptr;
  for (const auto& page : route->route->errorPages) {
    if (fromUpstream && !page.replaceUpstream) continue;
    if (std::find(page.statuses.begin(), page.statuses.end(), status) != page.statuses.end()) return &page;
  }
  return nullptr;
}

}  // namespace orbit::edge
