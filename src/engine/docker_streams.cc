// Docker: logs, events and statistics. Streams that break off are taken up again where they stopped: from the last
// time seen, inclusive, less what was already delivered of that microsecond.
#include "engine/answers.h"
#include "engine/docker.h"
#include "engine/limits.h"
#include "engine/log_reader.h"
#include "engine/object_body.h"

namespace orbit::engine {
namespace {

using net::Task;
using net::Wait;

// How far a stream was delivered, so that a repeated part is skipped.
class Progressed {
 public:
  // False for a record that was delivered before the stream broke off.
  bool fresh(std::int64_t timeUs) {
    if (repeatsLeft_ > 0 && timeUs <= lastUs_) {
      if (timeUs == lastUs_) --repeatsLeft_;
      return false;
    }
    if (timeUs > lastUs_) {
      lastUs_ = timeUs;
      countAtLast_ = 0;
    }
    repeatsLeft_ = 0;
    ++countAtLast_;
    return true;
  }
  void restart() { repeatsLeft_ = countAtLast_; }
  std::int64_t lastUs() const { return lastUs_; }

 private:
  std::int64_t lastUs_ = 0;
  int countAtLast_ = 0;
  int repeatsLeft_ = 0;
};

std::string logQuery(const LogOptions& options, std::int64_t sinceUs) {
  std::string query = "/logs?stdout=1&stderr=1&timestamps=1";
  if (options.follow) query += "&follow=1";
  if (sinceUs > 0) query += "&since=" + secondsText(sinceUs);
  if (options.untilUs > 0) query += "&until=" + secondsText(options.untilUs);
  return query;
}

}  // namespace

Task<Status> Docker::logs(std::string id, LogOptions options, Sink<LogRecord> sink, Wait wait) {
  const Wait limited = options.follow ? wait : connection_.bounded(wait, kChangeDeadline);
  auto detail = co_await inspectContainer(id, limited);
  if (!detail.ok()) co_return std::move(detail).error();
  Progressed progressed;
  Duration pause = kRetryFirst;
  for (;;) {
    Call call;
    const bool first = progressed.lastUs() == 0;
    call.path =
        "/containers/" + format::percentEncode(id) + logQuery(options, first ? options.sinceUs : progressed.lastUs());
    if (options.tail >= 0 && first) call.path += "&tail=" + std::to_string(options.tail);
    auto answer = co_await connection_.open(std::move(call), limited);
    if (!answer.ok()) co_return std::move(answer).error();
    progressed.restart();
    LogReader reader(detail->tty);
    for (;;) {
      auto bytes = co_await (*answer)->read(limited);
      if (!bytes.ok()) {
        if (bytes.error().code != Code::kUnavailable) co_return std::move(bytes).error();
        break;
      }
      Result<std::vector<LogRecord>> records = bytes->empty() ? reader.finish() : reader.feed(*bytes);
      if (!records.ok()) co_return std::move(records).error();
      for (auto& record : *records) {
        if (!progressed.fresh(record.timeUs)) continue;
        ORBIT_CO_TRY_STATUS(co_await sink(std::move(record)));
      }
      if (bytes->empty()) co_return Status();
      pause = kRetryFirst;
    }
    connection_.reached();  // it was there until now
    bool again = false;
    if (!options.once) again = co_await connection_.pauseForRestart(pause, limited);
    if (!again) co_return Error{Code::kUnavailable, "the Docker Engine went away while its logs were read"};
  }
}

Task<Status> Docker::events(std::int64_t sinceUs, EventFilter filter, Sink<Event> sink, Wait wait) {
  Progressed progressed;
  Duration pause = kRetryFirst;
  const std::int64_t startUs = sinceUs > 0 ? sinceUs : connection_.loop().clock().wallUs();
  for (;;) {
    const bool first = progressed.lastUs() == 0;
    const std::string query = eventFilter(filter);
    Call call;
    call.path = "/events" + (query.empty() ? "?" : query + "&");
    call.path += "since=" + secondsText(first ? startUs : progressed.lastUs());
    auto answer = co_await connection_.open(std::move(call), wait);
    if (!answer.ok()) co_return std::move(answer).error();
    progressed.restart();
    JsonLines lines;
    for (;;) {
      auto bytes = co_await (*answer)->read(wait);
      if (!bytes.ok() && bytes.error().code != Code::kUnavailable) co_return std::move(bytes).error();
      if (!bytes.ok() || bytes->empty()) break;  // an engine that stops in order ends the stream in order
      auto documents = lines.feed(*bytes);
      if (!documents.ok()) co_return std::move(documents).error();
      for (const auto& document : *documents) {
        Event event = parseEvent(document);
        if (!progressed.fresh(event.timeUs)) continue;
        ORBIT_CO_TRY_STATUS(co_await sink(std::move(event)));
      }
      pause = kRetryFirst;
    }
    connection_.reached();  // it was there until now
    const bool again = co_await connection_.pauseForRestart(pause, wait);
    if (!again) co_return Error{Code::kUnavailable, "the Docker Engine went away while its events were read"};
  }
}

Task<Result<StatsSample>> Docker::stats(std::string id, Wait wait) {
  auto json = co_await get("/containers/" + format::percentEncode(id) + "/stats?stream=false&one-shot=1", wait);
  if (!json.ok()) co_return std::move(json).error();
  StatsSample sample = parseStats(*json);
  // A stopped container answers with zeros.
  if (sample.timeUs == 0) co_return Error{Code::kConflict, "the container is not running"};
  co_return sample;
}

}  // namespace orbit::engine
