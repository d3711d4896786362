#include "edge/routing/route.h"

#include "base/text.h"
#include "edge/routing/field_text.h"
#include "edge/vitals/vitals.h"
#include "http/core/uri.h"

namespace orbit::edge {
namespace {

constexpr std::uint32_t bitOf(http::Method method) {
  return 1u << static_cast<unsigned>(method);
}

CompiledEdits compileEdits(const std::vector<model::TableHeaderEdit>& edits) {
  using Kind = model::TableHeaderEdit::Kind;
  CompiledEdits out;
  std::vector<std::pair<std::string, const model::TableHeaderEdit*>> kept;
  for (const auto& edit : edits) {
    std::string name = lower(edit.name);
    if (edit.kind != Kind::kAdd) {
      std::erase_if(kept, [&](const auto& line) { return line.first == name; });
      if (!out.removes(name)) out.removed.push_back(name);
    }
    if (edit.kind != Kind::kRemove) kept.emplace_back(std::move(name), &edit);
  }
  for (const auto& [name, edit] : kept) appendLine(edit->name, edit->value, out.lines);
  return out;
}

std::string hstsOf(const model::TableRoute& route) {
  if (route.hstsSeconds == 0) return "";
  std::string line = "Strict-Transport-Security: max-age=" + std::to_string(route.hstsSeconds);
  if (route.hstsSubdomains) line += "; includeSubDomains";
  if (route.hstsPreload) line += "; preload";
  return line + "\r\n";
}

bool hasPrefix(std::string_view path, std::string_view prefix) {
  return startsWith(path, prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

std::string_view withoutLastSlash(std::string_view path) {
  if (endsWith(path, "/")) path.remove_suffix(1);
  return path;
}

}  // namespace

bool CompiledEdits::removes(std::string_view name) const {
  return std::any_of(removed.begin(), removed.end(), [&](const auto& each) { return sameName(name, each); });
}

bool CompiledHeaderMatch::accepts(const http::HeadIndex& head) const {
  using Kind = model::TableHeaderMatch::Kind;
  return std::any_of(head.fields.begin(), head.fields.end(), [&](const http::FieldIndex& field) {
    if (!sameName(head.at(field.name), name)) return false;
    const std::string_view text = head.at(field.value);
    switch (kind) {
      case Kind::kPresent:
        return true;
      case Kind::kEquals:
        return text == value;
      case Kind::kPrefix:
        return startsWith(text, value);
      case Kind::kRegex:
        return pattern->matches(text);
    }
    return false;
  });
}

Result<CompiledRoute> CompiledRoute::compile(const model::TableRoute& route, std::uint32_t number,
                                             std::string_view httpsPort) {
  CompiledRoute out;
  out.route = &route;
  out.number = number;
  for (const auto& method : route.methods) {
    const http::Method known = http::methodOf(method);
    if (known == http::Method::kOther) {
      out.otherMethods.push_back(method);
    } else {
      out.methods |= bitOf(known);
    }
  }
  // RFC 9110 9.3.2: who answers GET answers HEAD.
  if ((out.methods & bitOf(http::Method::kGet)) != 0) out.methods |= bitOf(http::Method::kHead);
  for (const auto& match : route.headers) {
    CompiledHeaderMatch compiled{lower(match.name), match.kind, match.value, std::nullopt};
    if (match.kind == model::TableHeaderMatch::Kind::kRegex) {
      ORBIT_TRY(compiled.pattern, Pattern::compile(match.value));
    }
    out.headers.push_back(std::move(compiled));
  }
  if (!route.rewriteFrom.empty()) {
    ORBIT_TRY(out.rewriteFrom, Pattern::compile(route.rewriteFrom));
  }
  if (!route.redirect.empty()) out.redirect.emplace(route.redirect[0].to);
  if (!route.cors.empty()) out.cors.emplace(route.cors[0]);
  out.requestEdits = compileEdits(route.requestHeaders);
  out.responseEdits = compileEdits(route.responseHeaders);
  // A route for one path has no place for the script.
  if (route.vitals && startsWith(route.path, "/")) {
    out.vitalsPath = std::string(withoutLastSlash(route.path)).append(kVitalsPath);
  }
  out.hstsLine = hstsOf(route);
  out.httpsPort = httpsPort;
  out.rewrites = !route.stripPrefix.empty() || !route.addPrefix.empty() || !route.rewriteTo.empty();
  return out;
}

bool CompiledRoute::accepts(const http::RequestIndex& request) const {
  if (methods != 0 || !otherMethods.empty()) {
    http::Method method = request.method;
    std::string_view text = request.at(request.methodText);
    const auto accepted = [&] {
      return (methods & bitOf(method)) != 0 && method != http::Method::kOther
                 ? true
                 : std::find(otherMethods.begin(), otherMethods.end(), text) != otherMethods.end();
    };
    if (!accepted()) {
      // A preflight asks on behalf of the method it names.
      if (!cors || !isPreflight(request)) return false;
      text = request.at(request.find(http::Known::kAccessControlRequestMethod)->value);
      method = http::methodOf(text);
      if (!accepted()) return false;
    }
  }
  return std::all_of(headers.begin(), headers.end(), [&](const auto& match) { return match.accepts(request); });
}

bool CompiledRoute::appendPath(std::string_view path, std::string& out) const {
  if (!rewrites || path == "*") {
    out += path;
    return true;
  }
  if (const std::string_view strip = withoutLastSlash(route->stripPrefix); !strip.empty() && hasPrefix(path, strip)) {
    path.remove_prefix(strip.size());
    if (path.empty()) path = "/";
  }
  const std::string_view prefix = withoutLastSlash(route->addPrefix);
  std::string rewritten;
  if (!rewriteFrom || !rewriteFrom->rewrite(path, route->rewriteTo, rewritten)) {
    out.append(prefix).append(path);
    return true;
  }
  const auto normal = http::normalPath(rewritten);
  if (!normal) return false;
  out.append(prefix).append(*normal);
  return true;
}

}  // namespace orbit::edge
