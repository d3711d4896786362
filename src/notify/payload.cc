// What each kind of receiver is sent.
#include <fmt/format.h>

#include <ctime>

#include "format/url.h"
#include "notify/base64.h"
#include "notify/limits.h"
#include "notify/mail.h"
#include "notify/notify.h"

namespace orbit::notify {
namespace {

using format::Json;
using model::Notice;
using Kind = model::Receiver::Kind;

constexpr std::int64_t kSecondUs = 1'000'000;

// At most `bytes`, at the end of a character.
std::string cut(std::string text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  constexpr std::string_view kMore = "…";
  std::size_t end = bytes - kMore.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + std::string(kMore);
}

std::string uniqueId(const Notice& notice, const std::string& home) {
  return home + "-" + notice.id;
}

Request webhook(const model::Receiver& receiver, const Notice& notice, const std::string& home, std::int64_t nowUs) {
  Request request;
  request.url = receiver.url;
  Json data = noticeJson(notice);
  data.set("home", home);
  request.body = Json::object({{"type", "incident." + std::string(eventName(notice.event))},
                               {"timestamp", wallText(notice.atUs)},
                               {"data", std::move(data)}})
                     .dump();
  const std::string id = uniqueId(notice, home);
  const std::string seconds = std::to_string(nowUs / kSecondUs);
  request.headers = {"Content-Type: application/json", "webhook-id: " + id, "webhook-timestamp: " + seconds};
  if (!receiver.secret.empty()) {
    const std::string mac = hmacSha256(keyBytes(receiver.secret), id + "." + seconds + "." + request.body);
    request.headers.push_back("webhook-signature: v1," + base64(mac));
  }
  return request;
}

Request slack(const model::Receiver& receiver, const Notice& notice) {
  Request request;
  request.url = receiver.url;
  request.headers = {"Content-Type: application/json"};
  request.body =
      Json::object({{"text", cut(headline(notice) + "\n" + join(notice.lines, "\n"), kSlackTextMax)}}).dump();
  return request;
}

// As JSON to the server's root: header values would have to be ASCII.
Result<Request> ntfy(const model::Receiver& receiver, const Notice& notice) {
  const std::size_t slash = receiver.url.rfind('/');
  const auto url = format::parseUrl(receiver.url);
  if (!url || slash + 1 >= receiver.url.size() || url->path.size() < 2) {
    return Error{.code = Code::kInvalid,
                 .message = "the URL of receiver " + receiver.name + " names no topic",
                 .hint = "for example https://ntfy.sh/my-topic"};
  }
  constexpr int kUrgent = 5, kHigh = 4, kUsual = 3;
  int priority = notice.severity == model::Severity::kCritical ? kUrgent : kHigh;
  if (notice.event == Notice::Event::kResolved || notice.event == Notice::Event::kTest) priority = kUsual;
  const char* tag = notice.event == Notice::Event::kResolved ? "white_check_mark" : "rotating_light";
  Request request;
  request.url = receiver.url.substr(0, slash + 1);
  request.headers = {"Content-Type: application/json"};
  if (!receiver.secret.empty()) request.headers.push_back("Authorization: Bearer " + receiver.secret);
  request.body =
      Json::object({{"topic", receiver.url.substr(slash + 1)},
                    {"title", cut(headline(notice), kNtfyTitleMax)},
                    {"message", cut(notice.lines.empty() ? notice.title : join(notice.lines, "\n"), kNtfyTextMax)},
                    {"priority", priority},
                    {"tags", Json::strings({tag})}})
          .dump();
  return request;
}

}  // namespace

std::string headline(const Notice& notice) {
  switch (notice.event) {
    case Notice::Event::kResolved:
      return fmt::format("[over] {} ({})", notice.title, notice.incident);
    case Notice::Event::kTest:
      return "[test] " + notice.title;
    case Notice::Event::kUndelivered:
      return "[not delivered] " + notice.title;
    default:
      return fmt::format("[{}] {} ({})", severityName(notice.severity), notice.title, notice.incident);
  }
}

Result<Request> requestFor(const model::Receiver& receiver, const Notice& notice, const std::string& home,
                           std::int64_t nowUs) {
  Result<Request> made = Request{};
  switch (receiver.kind) {
    case Kind::kWebhook:
      made = webhook(receiver, notice, home, nowUs);
      break;
    case Kind::kSlack:
      made = slack(receiver, notice);
      break;
    case Kind::kNtfy:
      made = ntfy(receiver, notice);
      break;
    case Kind::kEmail:
      made = mail(receiver, notice, home, nowUs);
      break;
    case Kind::kCommand:
      made->body = noticeJson(notice).dump();
      break;
  }
  if (made.ok()) {
    made->ca = receiver.ca;
    made->allowPrivate = receiver.allowPrivate;
  }
  return made;
}

}  // namespace orbit::notify
