#include "notify/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "notify/limits.h"

namespace orbit::notify {
namespace {

using Outcome = Answer::Outcome;

constexpr int kTooMany = 429, kRequestTimeout = 408, kTooEarly = 425;

std::optional<Duration> spanOf(double seconds) {
  if (!(seconds >= 0)) return std::nullopt;
  const double most = std::chrono::duration<double>(kLongestStated).count();
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::min(seconds, most)));
}

std::optional<double> numberOf(std::string_view text) {
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// As the header says, else as the body does: Discord and those like it write `retry_after`, Telegram puts it under
// `parameters`.
std::optional<Duration> statedTime(const std::string& retryAfter, const std::string& body) {
  if (const auto seconds = numberOf(trim(retryAfter))) return spanOf(*seconds);
  const auto json = format::parseJson(body, "the answer");
  if (!json.ok()) return std::nullopt;
  for (const format::Json* one : {&(*json)["retry_after"], &(*json)["parameters"]["retry_after"]}) {
    if (one->isNumber()) return spanOf(one->asDouble());
  }
  return std::nullopt;
}

// The beginning of an answer as one line, without control bytes.
std::string shown(const std::string& body) {
  std::string text = body.substr(0, kAnswerShown);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  text = std::string(trim(text));
  return text.empty() ? text : ": " + text;
}

}  // namespace

Answer httpAnswer(int status, const std::string& retryAfter, const std::string& body) {
  Answer answer;
  answer.text = fmt::format("answered {}{}", status, status < 300 ? "" : shown(body));
  if (status >= 200 && status < 300) {
    answer.outcome = Outcome::kDelivered;
  } else if (status == kTooMany || status == kRequestTimeout || status == kTooEarly || status >= 500) {
    answer.outcome = Outcome::kTryAgain;
    answer.after = statedTime(retryAfter, body);
    if (answer.after) answer.text += ", try again in " + spanText(*answer.after);
  } else {
    answer.outcome = Outcome::kRefused;
    if (status >= 300 && status < 400) answer.text = fmt::format("answered {}: redirects are not followed", status);
  }
  return answer;
}

Answer mailAnswer(int reply, const std::string& problem) {
  constexpr int kForGood = 500, kForNow = 400;
  Answer answer;
  answer.text = reply == 0 ? problem : fmt::format("SMTP answered {}: {}", reply, problem);
  answer.outcome = reply >= kForGood ? Outcome::kRefused : Outcome::kTryAgain;
  if (reply < kForNow && problem.empty()) {
    answer.outcome = Outcome::kDelivered;
    answer.text = fmt::format("SMTP answered {}", reply);
  }
  return answer;
}

Duration pauseAfter(int attempts, const std::optional<Duration>& stated, Random& random) {
  constexpr int kDoublings = 10;
  Duration pause = kFirstRetry * (1 << std::min(std::max(attempts - 1, 0), kDoublings));
  pause = std::min<Duration>(pause, kLongestRetry);
  if (stated) pause = *stated;
  constexpr std::uint64_t kParts = 1000;
  const Duration spread = std::max<Duration>(pause / 4, std::chrono::milliseconds(100));
  return pause + spread * static_cast<std::int64_t>(random.below(kParts)) / kParts;
}

}  // namespace orbit::notify
