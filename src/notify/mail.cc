#include "notify/mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "format/url.h"
#include "notify/base64.h"
#include "notify/limits.h"

namespace orbit::notify {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::size_t kEncodedBytes = 45;  // of a word: 60 characters of base64, below RFC 2047's 75
constexpr std::size_t kLineBytes = 57;     // 76 characters of base64

bool isContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::string messageId(const model::Notice& notice, int number, const std::string& home) {
  return fmt::format("<{}.{}.{}@orbit.invalid>", notice.incident, number, home);
}

// Whose line breaks could begin another header.
std::string oneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  return text;
}

std::string bodyText(const model::Notice& notice) {
  std::string text = notice.title + "\n\n" + join(notice.lines, "\n") + "\n\n";
  text += "began " + wallText(notice.openedUs) + "\n";
  if (notice.resolvedUs != 0) text += "over  " + wallText(notice.resolvedUs) + "\n";
  text += "\norbit incidents " + notice.incident + "\n";
  return text;
}

}  // namespace

std::string mailDate(std::int64_t wallUs) {
  const auto seconds = static_cast<std::time_t>(wallUs / kSecondUs);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr int kYear = 1900;
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", kDays[parts.tm_wday], parts.tm_mday,
                     kMonths[parts.tm_mon], parts.tm_year + kYear, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string headerText(const std::string& written) {
  const std::string text = oneLine(written);
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (plain) return text;
  std::string words;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(at + kEncodedBytes, text.size());
    while (end < text.size() && end > at + 1 && isContinuation(text[end])) --end;
    if (!words.empty()) words += "\r\n ";
    words += "=?UTF-8?B?" + base64(std::string_view(text).substr(at, end - at)) + "?=";
    at = end;
  }
  return words;
}

Result<Request> mail(const model::Receiver& receiver, const model::Notice& notice, const std::string& home,
                     std::int64_t nowUs) {
  const auto url = format::parseUrl(receiver.url);
  if (!url || (url->scheme != "smtp" && url->scheme != "smtps")) {
    return Error{.code = Code::kInvalid,
                 .message = "receiver " + receiver.name + " has no SMTP server that can be read",
                 .hint = "for example smtp: smtp://user@mail.example.com:587"};
  }
  Request request;
  const std::string host = url->host.find(':') == std::string::npos ? url->host : "[" + url->host + "]";
  request.url = url->scheme + "://" + host + (url->port == 0 ? "" : ":" + std::to_string(url->port));
  if (url->port == 0 && url->scheme == "smtp") request.url += ":587";
  request.user = format::percentDecode(url->userInfo);
  request.password = receiver.secret;
  request.from = receiver.from;
  for (const auto address : split(receiver.to, ',')) request.to.emplace_back(trim(address));
  std::string subject = headline(notice);
  if (subject.size() > kSubjectMax) {
    std::size_t end = kSubjectMax;
    while (end > 0 && isContinuation(subject[end])) --end;
    subject.resize(end);
  }
  std::string& text = request.body;
  text = "From: Orbit <" + oneLine(receiver.from) + ">\r\n";
  text += "To: " + oneLine(receiver.to) + "\r\n";
  text += "Subject: " + headerText(subject) + "\r\n";
  text += "Date: " + mailDate(nowUs) + "\r\n";
  text += "Message-ID: " + messageId(notice, notice.number, home) + "\r\n";
  if (notice.number > 1) {
    const std::string first = messageId(notice, 1, home);
    text += "In-Reply-To: " + first + "\r\nReferences: " + first + "\r\n";
  }
  text += "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n";
  text += "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  const std::string body = bodyText(notice);
  for (std::size_t at = 0; at < body.size(); at += kLineBytes) {
    text += base64(std::string_view(body).substr(at, kLineBytes)) + "\r\n";
  }
  return request;
}

}  // namespace orbit::notify
