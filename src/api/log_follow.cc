#include "api/log_follow.h"

namespace orbit::api {
namespace {

using format::Json;

Json containerEvent(const LogSource& source, std::string_view state) {
  return Json::object(
      {{"event", "container"}, {"service", source.service}, {"container", source.container}, {"state", state}});
}

std::string attribute(const engine::Event& event, std::string_view name) {
  const auto at = event.attributes.find(std::string(name));
  return at == event.attributes.end() ? "" : at->second;
}

}  // namespace

LogFollow::LogFollow(net::Loop& loop, engine::Engine& engine, ContainerScope scope, LineSink line, Told told,
                     Settled settled)
    : loop_(loop),
      engine_(engine),
      scope_(std::move(scope)),
      line_(std::move(line)),
      told_(std::move(told)),
      settled_(std::move(settled)),
      changed_(loop),
      tasks_(loop) {}

net::Task<Status> LogFollow::run(std::vector<LogSource> sources, std::int64_t listedUs, std::int64_t floorUs,
                                 net::Wait wait) {
  floorUs_ = floorUs;
  net::Cancel ended(wait.cancel);  // takes the watch and the followers down with us
  const net::Wait inner{wait.deadline, &ended};
  if (scope_.development()) tasks_.add(watch(kProjectLabel, listedUs, inner));
  if (scope_.deployed()) tasks_.add(watch(kDeployedProjectLabel, listedUs, inner));
  for (auto& source : sources) add(std::move(source), inner);
  while (outcome_.ok()) {
    if (open_ == 0) {
      ORBIT_CO_TRY_STATUS(co_await settled_(inner));
      const bool live = co_await anyLive(inner);
      if (!live && open_ == 0) break;
    }
    const Status waited = co_await changed_.wait(inner);
    if (!waited.ok()) co_return waited;
  }
  ended.request();
  co_await tasks_.join();
  co_return outcome_;
}

net::Task<bool> LogFollow::anyLive(net::Wait wait) {
  ContainerScope all = scope_;
  all.services.clear();
  const auto listed = co_await containersOf(engine_, std::move(all), wait);
  if (!listed.ok()) {
    outcome_ = listed.error();
    co_return false;
  }
  co_return std::any_of(listed->begin(), listed->end(), [this](const auto& container) {
    return scope_.has(serviceOf(container)) && isLive(container.state);
  });
}

net::Task<void> LogFollow::watch(std::string_view projectLabel, std::int64_t listedUs, net::Wait wait) {
  engine::EventFilter filter;
  filter.labels.emplace(projectLabel, scope_.project);
  if (projectLabel == kDeployedProjectLabel) filter.labels.emplace(kEnvironmentLabel, scope_.environment);
  const engine::Sink<engine::Event> sink = [this, wait](engine::Event event) {
    return onEvent(std::move(event), wait);
  };
  const Status watched = co_await engine_.events(listedUs, filter, sink, wait);
  if (!watched.ok() && outcome_.ok() && watched.error().code != Code::kCancelled) outcome_ = watched;
  changed_.notifyAll();
}

net::Task<Status> LogFollow::onEvent(engine::Event event, net::Wait wait) {
  if (event.type != "container" || event.action != "start") co_return Status();
  const std::string deployed = attribute(event, kDeployedServiceLabel);
  LogSource source{
      event.id, deployed.empty() ? attribute(event, kServiceLabel) : deployed, attribute(event, "name"), {}};
  if (!scope_.has(source.service) || lower(attribute(event, kOneOffLabel)) == "true") co_return Status();
  const auto known = followed_.find(event.id);
  if (known != followed_.end() && known->second.open) {
    known->second.again = true;
    co_return Status();
  }
  Json started = containerEvent(source, "started");
  if (known != followed_.end()) source = known->second.source;
  add(std::move(source), wait);
  co_return co_await told_(std::move(started));
}

void LogFollow::add(LogSource source, net::Wait wait) {
  const std::string id = source.id;
  LineJoiner joiner(source.service, source.container);
  followed_.insert_or_assign(id, Followed{std::move(source), std::move(joiner), true, false});
  ++open_;
  tasks_.add(follow(id, wait));
}

net::Task<void> LogFollow::follow(std::string id, net::Wait wait) {
  Followed& followed = followed_.at(id);
  do {
    followed.again = false;
    const LogMark& mark = followed.source.mark;
    engine::LogOptions options;
    options.follow = true;
    options.sinceUs = mark.taken > 0 ? mark.timeUs : floorUs_;
    int skip = mark.taken;
    const engine::Sink<engine::LogRecord> sink = [this, id, &skip](engine::LogRecord record) {
      return take(id, skip, std::move(record));
    };
    const Status read = co_await engine_.logs(id, options, sink, wait);
    const bool counts = !read.ok() && read.error().code != Code::kNotFound && !wait.cancel->requested();
    if (counts && outcome_.ok()) outcome_ = read;
  } while (followed.again && outcome_.ok() && !wait.cancel->requested());
  if (!wait.cancel->requested()) co_await tellEnd(followed.source, wait);
  followed.open = false;
  --open_;
  changed_.notifyAll();
}

net::Task<Status> LogFollow::take(std::string id, int& skip, engine::LogRecord record) {
  Followed& followed = followed_.at(id);
  if (skip > 0 && record.timeUs == followed.source.mark.timeUs) {
    --skip;
    co_return Status();
  }
  skip = 0;
  followed.source.mark.note(record.timeUs);
  auto line = followed.joiner.add(std::move(record));
  if (!line) co_return Status();
  co_return co_await line_(std::move(*line));
}

net::Task<void> LogFollow::tellEnd(const LogSource& source, net::Wait wait) {
  const auto detail = co_await engine_.inspectContainer(source.id, wait);
  if (detail.ok() && isLive(detail->summary.state)) co_return;  // started again: the next event says so
  Json ended = containerEvent(source, detail.ok() ? "exited" : "removed");
  if (detail.ok()) ended.set("exitCode", detail->exitCode);
  const Status told = co_await told_(std::move(ended));
  if (!told.ok() && outcome_.ok()) outcome_ = told;
}

}  // namespace orbit::api
