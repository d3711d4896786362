// A notice and its way to a receiver, as JSON and back.
#include "notify/notify.h"

namespace orbit::notify {
namespace {

using format::Json;
using Event = model::Notice::Event;

constexpr Event kEvents[] = {Event::kOpened,   Event::kChanged, Event::kRepeated,
                             Event::kResolved, Event::kTest,    Event::kUndelivered};

}  // namespace

std::string_view stateName(Entry::State state) {
  switch (state) {
    case Entry::State::kWaiting:
      return "waiting";
    case Entry::State::kSending:
      return "sending";
    case Entry::State::kDelivered:
      return "delivered";
    case Entry::State::kParked:
      return "parked";
  }
  return "";
}

Json noticeJson(const model::Notice& notice) {
  return Json::object({{"id", notice.id},
                       {"incident", notice.incident},
                       {"number", notice.number},
                       {"event", eventName(notice.event)},
                       {"severity", severityName(notice.severity)},
                       {"project", notice.project},
                       {"environment", notice.environment},
                       {"services", Json::strings(notice.services)},
                       {"title", notice.title},
                       {"lines", Json::strings(notice.lines)},
                       {"atUs", notice.atUs},
                       {"openedUs", notice.openedUs},
                       {"resolvedUs", notice.resolvedUs}});
}

model::Notice noticeOf(const Json& json) {
  model::Notice notice;
  notice.id = json["id"].asString();
  notice.incident = json["incident"].asString();
  notice.number = static_cast<int>(json["number"].asInt());
  for (const Event event : kEvents) {
    if (eventName(event) == json["event"].asString()) notice.event = event;
  }
  notice.severity = json["severity"].asString() == "critical" ? model::Severity::kCritical : model::Severity::kWarning;
  notice.project = json["project"].asString();
  notice.environment = json["environment"].asString();
  notice.services = json["services"].asStrings();
  notice.title = json["title"].asString();
  notice.lines = json["lines"].asStrings();
  notice.atUs = json["atUs"].asInt();
  notice.openedUs = json["openedUs"].asInt();
  notice.resolvedUs = json["resolvedUs"].asInt();
  return notice;
}

Entry entryFor(const model::Notice& notice, const std::string& receiver, std::int64_t nowUs) {
  Entry entry;
  entry.id = notice.id + "/" + receiver;
  entry.project = notice.project;
  entry.environment = notice.environment;
  entry.receiver = receiver;
  entry.notice = notice;
  entry.createdUs = entry.nextUs = nowUs;
  return entry;
}

Json entryJson(const Entry& entry) {
  return Json::object({{"id", entry.id},
                       {"project", entry.project},
                       {"environment", entry.environment},
                       {"receiver", entry.receiver},
                       {"state", stateName(entry.state)},
                       {"attempts", entry.attempts},
                       {"recovered", entry.recovered},
                       {"createdUs", entry.createdUs},
                       {"nextUs", entry.nextUs},
                       {"endedUs", entry.endedUs},
                       {"last", entry.last},
                       {"notice", noticeJson(entry.notice)}});
}

Entry entryOf(const Json& json) {
  Entry entry;
  entry.id = json["id"].asString();
  entry.project = json["project"].asString();
  entry.environment = json["environment"].asString();
  entry.receiver = json["receiver"].asString();
  for (const auto state :
       {Entry::State::kWaiting, Entry::State::kSending, Entry::State::kDelivered, Entry::State::kParked}) {
    if (stateName(state) == json["state"].asString()) entry.state = state;
  }
  entry.attempts = static_cast<int>(json["attempts"].asInt());
  entry.recovered = json["recovered"].asBool();
  entry.createdUs = json["createdUs"].asInt();
  entry.nextUs = json["nextUs"].asInt();
  entry.endedUs = json["endedUs"].asInt();
  entry.last = json["last"].asString();
  entry.notice = noticeOf(json["notice"]);
  return entry;
}

}  // namespace orbit::notify
