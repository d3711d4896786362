#include "http/core/index.h"
#include "http/core/syntax.h"

namespace orbit::http {
namespace {

struct KnownName {
  std::string_view name;
  Known known;
};

constexpr KnownName kKnownNames[] = {
    {"host", Known::kHost},
    {"connection", Known::kConnection},
    {"content-length", Known::kContentLength},
    {"transfer-encoding", Known::kTransferEncoding},
    {"te", Known::kTe},
    {"trailer", Known::kTrailer},
    {"upgrade", Known::kUpgrade},
    {"expect", Known::kExpect},
    {"keep-alive", Known::kKeepAlive},
    {"proxy-connection", Known::kProxyConnection},
    {"proxy-authenticate", Known::kProxyAuthenticate},
    {"proxy-authorization", Known::kProxyAuthorization},
    {"cookie", Known::kCookie},
    {"set-cookie", Known::kSetCookie},
    {"forwarded", Known::kForwarded},
    {"x-forwarded-for", Known::kXForwardedFor},
    {"x-forwarded-proto", Known::kXForwardedProto},
    {"x-forwarded-host", Known::kXForwardedHost},
    {"x-request-id", Known::kXRequestId},
    {"traceparent", Known::kTraceparent},
    {"user-agent", Known::kUserAgent},
    {"referer", Known::kReferer},
    {"origin", Known::kOrigin},
    {"access-control-request-method", Known::kAccessControlRequestMethod},
    {"access-control-request-headers", Known::kAccessControlRequestHeaders},
    {"content-type", Known::kContentType},
    {"date", Known::kDate},
    {"server", Known::kServer},
    {"location", Known::kLocation},
    {"range", Known::kRange},
    {"http2-settings", Known::kHttp2Settings},
    {"sec-websocket-key", Known::kSecWebSocketKey},
    {"authorization", Known::kAuthorization},
};

constexpr std::size_t kSlots = 128;

// Of names in any case: length, first and last byte tell the known ones apart.
constexpr std::size_t slotOf(std::string_view name) {
  const auto fold = [](char c) { return static_cast<std::size_t>(static_cast<unsigned char>(c) | 0x20); };
  return (name.size() + fold(name.front()) * 5 + fold(name.back()) * 8) % kSlots;
}

constexpr std::array<KnownName, kSlots> buildSlots() {
  std::array<KnownName, kSlots> slots{};
  for (const KnownName& known : kKnownNames) {
    KnownName& slot = slots[slotOf(known.name)];
    if (!slot.name.empty()) throw "two known names in one slot: choose other factors";
    slot = known;
  }
  return slots;
}
constexpr std::array<KnownName, kSlots> kKnownSlots = buildSlots();

constexpr std::string_view kMethodNames[] = {"",       "GET",     "HEAD",    "POST",  "PUT",
                                             "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

}  // namespace

Known knownName(std::string_view name) {
  if (name.empty()) return Known::kOther;
  const KnownName& slot = kKnownSlots[slotOf(name)];
  return equalsLower(name, slot.name) ? slot.known : Known::kOther;
}

Method methodOf(std::string_view text) {
  if (text == "GET") return Method::kGet;
  for (std::size_t i = 2; i < std::size(kMethodNames); ++i) {
    if (text == kMethodNames[i]) return static_cast<Method>(i);
  }
  return Method::kOther;
}

std::string_view methodName(Method method) {
  return kMethodNames[static_cast<std::size_t>(method)];
}

bool listNames(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    if (sameName(takeElement(list), token)) return true;
  }
  return false;
}

}  // namespace orbit::http
