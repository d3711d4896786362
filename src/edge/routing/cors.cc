#include "edge/routing/cors.h"

#include "base/text.h"
#include "edge/routing/field_text.h"

namespace orbit::edge {
namespace {

bool isAny(const std::vector<std::string>& list) {
  return std::find(list.begin(), list.end(), "*") != list.end();
}

std::string listLine(std::string_view name, const std::vector<std::string>& items) {
  return items.empty() ? "" : std::string(name) + ": " + join(items, ", ") + "\r\n";
}

// What a wildcard may stand for in a host.
bool isHostPart(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

// A list of field names as a browser sends it: tokens, commas and spaces.
bool isNameList(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return isTokenChar(c) || c == ',' || c == ' '; });
}

}  // namespace

bool isPreflight(const http::RequestIndex& request) {
  return request.method == http::Method::kOptions && request.find(http::Known::kOrigin) != nullptr &&
         request.find(http::Known::kAccessControlRequestMethod) != nullptr;
}

Cors::Cors(const model::TableCors& rules)
    : any_(isAny(rules.origins)),
      credentials_(rules.credentials),
      anyMethod_(isAny(rules.methods)),
      anyHeader_(isAny(rules.headers)) {
  for (const auto& origin : rules.origins) {
    const auto star = origin.find("://*.");
    if (star == std::string::npos) {
      origins_.push_back(origin);
    } else {
      suffixes_.push_back({origin.substr(0, star + 3), origin.substr(star + 4)});
    }
  }
  methodsLine_ = listLine("Access-Control-Allow-Methods", rules.methods);
  headersLine_ = listLine("Access-Control-Allow-Headers", rules.headers);
  exposeLine_ = listLine("Access-Control-Expose-Headers", rules.expose);
  maxAgeLine_ = "Access-Control-Max-Age: " + std::to_string(rules.maxAge.count()) + "\r\n";
}

bool Cors::allows(std::string_view origin) const {
  if (any_) return true;
  if (std::find(origins_.begin(), origins_.end(), origin) != origins_.end()) return true;
  return std::any_of(suffixes_.begin(), suffixes_.end(), [&](const Suffix& suffix) {
    const std::size_t fixed = suffix.scheme.size() + suffix.domain.size();
    return origin.size() > fixed && startsWith(origin, suffix.scheme) && endsWith(origin, suffix.domain) &&
           isHostPart(origin.substr(suffix.scheme.size(), origin.size() - fixed));
  });
}

bool Cors::writeOrigin(const http::RequestIndex& request, std::string& out) const {
  const http::FieldIndex* field = request.find(http::Known::kOrigin);
  if (field == nullptr) return false;
  const std::string_view origin = request.at(field->value);
  if (!allows(origin)) return false;
  appendLine("Access-Control-Allow-Origin", any_ ? "*" : origin, out);
  if (credentials_) out += "Access-Control-Allow-Credentials: true\r\n";
  return true;
}

void Cors::writePreflight(const http::RequestIndex& request, std::string& out) const {
  out += "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\r\n";
  if (!writeOrigin(request, out)) return;
  // "*" means nothing to a browser that sends credentials: it is told what it asked for.
  const auto* method = request.find(http::Known::kAccessControlRequestMethod);
  if (!anyMethod_ || !credentials_) {
    out += methodsLine_;
  } else if (method != nullptr && isToken(request.at(method->value))) {
    appendLine("Access-Control-Allow-Methods", request.at(method->value), out);
  }
  const auto* headers = request.find(http::Known::kAccessControlRequestHeaders);
  if (!anyHeader_) {
    out += headersLine_;
  } else if (headers != nullptr && !request.at(headers->value).empty() && isNameList(request.at(headers->value))) {
    // Told by name even without credentials, since "*" does not cover Authorization.
    appendLine("Access-Control-Allow-Headers", request.at(headers->value), out);
  }
  out += maxAgeLine_;
}

void Cors::writeActual(const http::RequestIndex& request, std::string& out) const {
  if (writeOrigin(request, out)) out += exposeLine_;
}

}  // namespace orbit::edge
