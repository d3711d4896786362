#include "api/log_store.h"

#include "api/events.h"

namespace orbit::api {

net::Task<Result<std::vector<logs::Entry>>> StoredReader::next(net::Wait wait) {
  if (wait.cancel != nullptr && wait.cancel->requested()) {
    co_return Error{.code = Code::kCancelled, .message = "the search was cancelled"};
  }
  Result<std::vector<logs::Entry>> entries = std::vector<logs::Entry>();
  const auto work = [this, &entries] {
    if (!search_) {
      auto made = store_.search(query_);
      if (made.ok()) {
        search_ = std::move(*made);
      } else {
        entries = std::move(made).error();
        return;
      }
    }
    entries = search_->next();
  };
  co_await loop_.offload(work);
  co_return entries;
}

namespace {

// Of orbit.<project>.<environment>.<service>.<release>.<n>; "" for other names.
std::string releaseOf(const std::string& container) {
  const auto parts = split(container, '.');
  return parts.size() >= 6 && parts.front() == "orbit" ? std::string(parts[parts.size() - 2]) : "";
}

void setMarks(const logs::Search& search, std::vector<LogSource>& sources) {
  for (auto& source : sources) {
    const auto at = search.positions().find(source.id);
    if (at != search.positions().end()) source.mark = {at->second.timeUs, static_cast<int>(at->second.count)};
  }
}

}  // namespace

std::vector<logs::Key> storedKeys(const logs::Store& store, const ContainerScope& scope) {
  std::vector<logs::Key> keys;
  for (auto& key : store.keys()) {
    const bool environment = scope.environment.empty() || key.environment == scope.environment;
    if (key.project == scope.project && environment && scope.has(key.service)) keys.push_back(std::move(key));
  }
  return keys;
}

LogLine lineOf(const logs::Entry& entry) {
  LogLine line{entry.key().service, entry.source().name, entry.isError, entry.timeUs, entry.text};
  line.level = logs::severityName(entry.severity);
  line.environment = entry.key().environment;
  line.release = entry.source().release;
  line.request = logs::requestIdOf(entry.text);
  line.isNotice = entry.isNotice;
  return line;
}

logs::Entry entryOf(const LogLine& line) {
  logs::Entry entry;
  entry.from = std::make_shared<const logs::Origin>(
      logs::Origin{{"", line.environment, line.service},
                   {"", line.container, line.release.empty() ? releaseOf(line.container) : line.release}});
  entry.isError = line.isError;
  entry.severity = logs::severityIn(line.text);
  entry.timeUs = line.timeUs;
  entry.text = line.text;
  return entry;
}

net::Task<Status> tellStored(Shared& shared, EventStream& stream, logs::Query query, std::vector<LogSource>& sources,
                             net::Wait wait) {
  StoredReader reader(shared.services.loop, *shared.services.logs, std::move(query));
  bool first = true;
  for (;;) {
    const auto entries = co_await reader.next(wait);
    if (!entries.ok()) co_return entries.error();
    if (std::exchange(first, false)) setMarks(reader.search(), sources);
    for (auto& warning : reader.search().takeWarnings()) stream.tell(warningEvent({std::move(warning), "", {}}));
    if (entries->empty()) co_return Status();
    for (const auto& entry : *entries) {
      ORBIT_CO_TRY_STATUS(co_await stream.send(logEvent(lineOf(entry)), wait));
    }
  }
}

}  // namespace orbit::api
