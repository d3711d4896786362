#include "daemon/daemon.h"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "api/api.h"
#include "base/base.h"
#include "collect/collect.h"
#include "daemon/alarm.h"
#include "daemon/deploy_evidence.h"
#include "daemon/deploy_journal.h"
#include "daemon/deploy_traffic.h"
#include "daemon/meter.h"
#include "daemon/watcher.h"
#include "deploy/deploy.h"
#include "engine/engine.h"
#include "http/http.h"
#include "logs/logs.h"
#include "net/net.h"
#include "stack/stack.h"
#include "store/store.h"
#include "traffic/traffic.h"

namespace orbit::daemon {
namespace {

constexpr int kListenDescriptor = 3;  // the first that hold hands over
constexpr int kFailed = 1;
constexpr int kOperationsKept = 1000;  // of each project, in the journal
constexpr std::size_t kThreadStackBytes = 256 * 1024;

// The daemon idles beside the user's containers, so its memory counts: one heap for all threads, small stacks, and no
// huge page for either.
void keepSmall() {
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_TRIM_THRESHOLD, 256 * 1024);
  ::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, kThreadStackBytes);
  ::pthread_setattr_default_np(&attributes);
  ::pthread_attr_destroy(&attributes);
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

engine::EngineOptions engineOptions() {
  return {.host = variable("DOCKER_HOST"),
          .tlsVerify = !variable("DOCKER_TLS_VERIFY").empty(),
          .certPath = variable("DOCKER_CERT_PATH"),
          .dockerConfigDir = variable("DOCKER_CONFIG")};
}

// Descriptor 3 is a listening socket only when hold started us.
bool isListener(int descriptor) {
  int listening = 0;
  socklen_t size = sizeof listening;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening == 1;
}

int fail(const Error& error) {
  log(Level::kError, "daemon", error.text());
  return kFailed;
}

// What an earlier daemon left unfinished is named; the next `up` or `down` of that project mends it.
Status recover(store::Store& store, const Clock& clock) {
  ORBIT_TRY(const auto interrupted, store.recover(clock.wallUs()));
  for (const auto& operation : interrupted) {
    log(Level::kWarning, "daemon",
        operation.kind + " of " + operation.project + " was interrupted; run it again to complete it");
  }
  store.prune(kOperationsKept, [](const Status& pruned) {
    if (!pruned.ok()) log(Level::kWarning, "daemon", pruned.error().text());
  });
  return {};
}

// What this home keeps of its traffic, given to those who act on it. What cannot be read is left out and named: the
// daemon must come up all the same.
std::unique_ptr<traffic::Traffic> startTraffic(net::Loop& loop, engine::Engine& engine, store::Store& store,
                                               const model::Home& home) {
  const auto kept = [&store](const char* key) {
    auto value = store.setting(key);
    if (!value.ok()) log(Level::kWarning, "daemon", value.error().text());
    return value.ok() ? *value : std::string();
  };
  const auto keep = [&store](const char* key, std::string value) {
    store.set(key, std::move(value), [](const Status& written) {
      if (!written.ok()) log(Level::kWarning, "daemon", written.error().text());
    });
  };
  traffic::Options options;
  options.holdSocket = home.holdSocket();
  options.edgeSocket = home.edgeSocket();
  options.ports = kept("ports");
  options.rememberPorts = [keep](std::string ports) { keep("ports", std::move(ports)); };
  options.engineHere = !startsWith(variable("DOCKER_HOST"), "tcp:");
  options.pinKey = kept("pin");
  if (options.pinKey.empty()) {
    Random random = Random::fromSystem();
    options.pinKey = newId(0, random) + newId(0, random);
    keep("pin", options.pinKey);
  }
  auto made = traffic::Traffic::create(loop, engine, std::move(options));
  auto authority = traffic::readAuthority(kept("acme"));
  if (!authority.ok()) log(Level::kWarning, "daemon", authority.error().text());
  auto domains = store.domains();
  if (!domains.ok()) log(Level::kWarning, "daemon", domains.error().text());
  made->setDomains(domains.ok() ? std::move(*domains) : std::vector<model::Domain>(),
                   authority.ok() ? std::move(*authority) : traffic::defaultAuthority());
  return made;
}

// The kept logs. A folder that cannot be used costs them, not the daemon: `logs` then asks the engine.
std::unique_ptr<logs::Store> openLogs(const model::Home& home, const Clock& clock) {
  auto opened = logs::Store::open({.folder = home.logStore()}, clock);
  if (!opened.ok()) {
    log(Level::kError, "daemon", "no logs are kept: " + opened.error().text());
    return nullptr;
  }
  for (const auto& repair : (*opened)->repairs()) log(Level::kWarning, "logs", repair);
  return std::move(*opened);
}

// The edge opens its access log again when hold, our parent, passes this on.
void tellHold() {
  if (::getppid() > 1) ::kill(::getppid(), SIGHUP);
}

// Deployed environments are served as they were until deploy has replayed what they are.
net::Task<void> tellWhenComplete(deploy::Deploy& deploy, traffic::Traffic& traffic, net::Cancel& cancel) {
  const net::Wait wait{Instant::max(), &cancel};
  const Status ready = co_await deploy.ready(wait);
  if (ready.ok()) traffic.environmentsComplete();
}

}  // namespace

int run(const model::Home& home) {
  keepSmall();
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);  // hold passes it on for the edge, which opens its log again
  if (!isListener(kListenDescriptor)) {
    return fail({.code = Code::kInvalid,
                 .message = "orbit daemon is started by orbit hold, with its listener",
                 .hint = "any verb starts both: orbit ps"});
  }
  ::fcntl(kListenDescriptor, F_SETFD, FD_CLOEXEC);
  const SystemClock clock;
  auto store = store::Store::open(home.state, clock);
  if (!store.ok()) return fail(store.error());
  if (const Status recovered = recover(**store, clock); !recovered.ok()) return fail(recovered.error());

  net::Loop loop;
  net::Cancel accepting, working;
  const auto engine = engine::connectEngine(loop, engineOptions());
  stack::Stack stack(loop, *engine, (*store)->home());
  const auto traffic = startTraffic(loop, *engine, **store, home);
  Watcher watcher(loop, home.signalFolder());
  Meter meter(loop, watcher, home.seriesFolder());
  Resources resources(loop, *engine, meter.recorder(), (*store)->home(), {home.state});
  meter.setResources(&resources);
  ReleaseEvidence evidence(loop, watcher);
  DeployTraffic deployTraffic(*traffic);
  DeployJournal journal(loop, **store);
  DeploySecrets secrets(**store);
  Alarm alarm({loop, *engine, **store, *traffic, watcher, meter});
  journal.onFact([&alarm](const deploy::Fact& fact) { alarm.happened(fact); });
  const auto deploy =
      deploy::Deploy::create({loop, *engine, stack, deployTraffic, evidence, journal, secrets, (*store)->home()});
  traffic->expectEnvironments();
  const auto logs = openLogs(home, clock);
  std::optional<collect::Collector> collector;
  if (logs) collector.emplace(collect::Collector::Parts{loop, *engine, *logs, (*store)->home()});
  net::TaskGroup watching(loop);
  if (collector) watching.add(collector->run(accepting));
  std::optional<collect::AccessLog> accessLog;
  if (logs) accessLog.emplace(loop, *logs, collect::AccessLog::Files{home.accessLog(), home.signalFolder()}, tellHold);
  if (accessLog) watching.add(accessLog->run(accepting));
  watching.add(traffic->run(accepting));
  watching.add(watcher.run(accepting));
  watching.add(meter.run(accepting));
  watching.add(resources.run(accepting));
  watching.add(deploy->run(accepting));
  watching.add(alarm.run(*deploy, accepting));
  watching.add(tellWhenComplete(*deploy, *traffic, accepting));
  const auto listener = net::Listener::adopt(loop, kListenDescriptor);
  const http::Handler handler =
      api::handler({loop, *engine, stack, **store, *traffic, *deploy, alarm, secrets, home.contexts(), working,
                    home.signalFolder(), &meter, logs.get(), collector ? &*collector : nullptr});
  loop.onSignal(SIGTERM, [&](int) {
    accepting.request();
    working.request();
  });
  log(Level::kInfo, "daemon", "Orbit " + buildVersion() + " serves " + home.apiSocket());
  loop.runTask(http::serve(loop, *listener, handler, accepting));
  loop.runTask(watching.join());
  log(Level::kInfo, "daemon", "stopped");
  return 0;
}

}  // namespace orbit::daemon
