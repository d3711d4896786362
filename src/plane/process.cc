#include "plane/process.h"

#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include "http/http.h"
#include "plane/changes.h"
#include "plane/control.h"
#include "plane/files.h"
#include "plane/limits.h"
#include "plane/signal_files.h"
#include "table/table.h"

namespace orbit::plane {
namespace {

constexpr int kControlFromHold = 3;  // the one listener hold hands over

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Hold says which; run alone, the time does.
std::uint64_t thisGeneration(const Clock& clock) {
  const std::string given = variable("ORBIT_GENERATION");
  if (!given.empty()) return std::strtoull(given.c_str(), nullptr, 10);
  return static_cast<std::uint64_t>(clock.wallUs() / 1'000'000);
}

std::unique_ptr<HoldChannel> holdChannel() {
  const std::string given = variable("ORBIT_HOLD");
  if (given.empty()) return nullptr;
  const int descriptor = std::atoi(given.c_str());
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return std::make_unique<HoldChannel>(descriptor);
}

unsigned workersFor(unsigned asked) {
  const unsigned processors = std::max(1U, std::thread::hardware_concurrency());
  return std::min(asked == 0 ? processors : asked, kWorkersMax);
}

// Each connection is a descriptor, each proxied request a second one.
void wantDescriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// What sched_setattr(2) takes; glibc 2.36 has no name for it.
struct SchedulingWish {
  std::uint32_t size = sizeof(SchedulingWish), policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t sliceNs = 0, deadlineNs = 0, periodNs = 0;
};

// The workers are started. What this thread does from now on, and those it starts (reading a table, writing a file),
// must not keep a request waiting: a worker that wakes takes the processor from it, and leaves it a thirtieth under
// full load. Since Linux 6.6 a low priority alone keeps the processor until its slice of milliseconds ends, so the
// slice is short (6.12); and the priority low enough that the short slice is not taken for urgency.
void stepBehindWorkers() {
  SchedulingWish wish;
  wish.nice = std::min(::getpriority(PRIO_PROCESS, 0) + kControlNice, 19);
  wish.sliceNs = kControlSlice.count();
  if (::syscall(SYS_sched_setattr, 0, &wish, 0) != 0) {
    log(Level::kWarning, "edge", std::string("the control thread keeps its priority: ") + std::strerror(errno));
  }
}

std::string temporaryFolder() {
  std::string path = std::filesystem::temp_directory_path().string() + "/orbit-edge-XXXXXX";
  return ::mkdtemp(path.data()) == nullptr ? "" : path;
}

Proposal emptyTable() {
  Proposal proposal;
  proposal.text = table::write(proposal.table);
  return proposal;
}

void closeAll(const std::vector<edge::Listening>& listening) {
  for (const auto& each : listening) ::close(each.descriptor);
}

// Those that need no certificate, when there are others too; they are taken out of `listening`.
std::vector<edge::Listening> takePlain(const model::RouteTable& table, std::vector<edge::Listening>& listening) {
  const auto secure = [&table](const edge::Listening& each) {
    return std::any_of(table.listeners.begin(), table.listeners.end(), [&each](const auto& listener) {
      return listener.name == each.name && listener.protocol == model::TableListener::Protocol::kHttps;
    });
  };
  const auto plain = std::stable_partition(listening.begin(), listening.end(), secure);
  if (plain == listening.begin()) return {};
  std::vector<edge::Listening> taken(plain, listening.end());
  listening.erase(plain, listening.end());
  return taken;
}

}  // namespace

Process::Process(Options options)
    : options_(std::move(options)),
      generation_(thisGeneration(clock_)),
      workers_(workersFor(options_.workers)),
      folder_(options_.folder.empty() ? temporaryFolder() : options_.folder),
      signalFile_((options_.signalFolder.empty() ? folder_ : options_.signalFolder) + "/" +
                  std::to_string(generation_) + ".signals"),
      hold_(holdChannel()),
      files_(folder_, generation_),
      tickets_(folder_ + "/tickets"),
      sockets_(hold_.get()),
      turn_(loop_),
      leaving_(loop_) {
  ::unsetenv("ORBIT_HOLD");
  ::unsetenv("ORBIT_LISTENERS");
}

Process::~Process() {
  keeper_.reset();
  edge_.reset();
  if (hold_ == nullptr) ::unlink(signalFile_.c_str());
  if (!options_.folder.empty() || folder_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Status Process::start() {
  ::signal(SIGPIPE, SIG_IGN);
  // From the first moment: the next generation may be ready before this one has come to run().
  loop_.onSignal(SIGTERM, [this](int) { leave(); });
  if (hold_ == nullptr) loop_.onSignal(SIGINT, [this](int) { leave(); });
  loop_.onSignal(SIGHUP, [this](int) { onHangup(); });
  wantDescriptors();
  ORBIT_TRY_STATUS(prepareFolders());
  ORBIT_TRY_STATUS(lockFolder());
  if (hold_ == nullptr && !options_.controlSocket.empty()) {
    ORBIT_TRY(control_, net::Listener::unixSocket(loop_, options_.controlSocket, 0600));
  }
  ORBIT_TRY(Proposal first, firstTable());
  ORBIT_TRY_STATUS(createEdge());
  renewTicketKeys();
  Status served = serveFirst(std::move(first));
  if (!served.ok() && hold_ != nullptr) served = serveNothing(served.error());
  ORBIT_TRY_STATUS(std::move(served));
  if (hold_ != nullptr) {
    control_ = net::Listener::adopt(loop_, kControlFromHold);
    ORBIT_TRY_STATUS(takeOver());
  }
  removeOldSignalFiles(std::filesystem::path(signalFile_).parent_path(), generation_);
  tellWhatIsServed();
  return {};
}

Status Process::prepareFolders() {
  if (folder_.empty()) return Error{Code::kIo, "cannot make a temporary folder", "name one with --state"};
  ORBIT_TRY_STATUS(makeFolder(folder_));
  ORBIT_TRY_STATUS(makeFolder(folder_ + "/certs"));
  ORBIT_TRY_STATUS(makeFolder(std::filesystem::path(signalFile_).parent_path()));
  if (options_.accessLog.empty()) return {};
  return makeFolder(std::filesystem::path(options_.accessLog).parent_path());
}

// Run alone it is ours for good; under hold only while we take over, and around each write.
Status Process::lockFolder() {
  for (const Instant until = clock_.now() + kFolderLock; clock_.now() < until; ::usleep(kFolderStep.count() * 1000)) {
    ORBIT_TRY(folderLock_, files_.lock());
    if (folderLock_.valid()) return {};
    if (hold_ == nullptr) break;
  }
  return Error{Code::kConflict, "another edge uses the folder " + folder_,
               "give each its own with --state, or stop the other"};
}

Result<Proposal> Process::firstTable() {
  if (!options_.tableFile.empty()) {
    ORBIT_TRY(const std::string text, readFile(options_.tableFile, kTableBytesMax));
    return wholeTable(text, options_.tableFile);
  }
  Proposal proposal;
  const auto good = [&proposal](const std::string& text) -> Status {
    proposal = wholeTable(text, "the kept table");
    if (proposal.problems.empty()) return {};
    return proposal.problems.front();
  };
  const KeptTable kept = files_.load(good);
  for (const std::string& warning : kept.warnings) log(Level::kWarning, "edge", warning);
  return kept.text.empty() ? emptyTable() : std::move(proposal);
}

Status Process::createEdge() {
  edge::Options options;
  options.workers = workers_;
  options.generation = generation_;
  options.signalFile = signalFile_;
  options.logFile = options_.accessLog;
  ORBIT_TRY(edge_, edge::Edge::create(loop_, options));
  signalLock_ = holdSignalFile(signalFile_);
  keeper_ = cert::Keeper::create(
      loop_, {.folder = folder_ + "/certs",
              .clock = clock_,
              .random = random_,
              .changed = [this](auto certificates) { edge_->setCertificates(std::move(certificates)); },
              .httpAnswer = [this](const auto& token, const auto& text) { edge_->setAcmeAnswer(token, text); }});
  return {};
}

Status Process::serveFirst(Proposal proposal) {
  std::vector<Error> problems = std::move(proposal.problems);
  if (problems.empty()) {
    problems = serve(std::make_shared<const model::RouteTable>(std::move(proposal.table)), hold_ != nullptr);
  }
  if (!problems.empty()) {
    for (const Error& problem : problems) log(Level::kError, "edge", problem.text());
    return Error{Code::kInvalid, "the table cannot be served"};
  }
  text_ = std::move(proposal.text);
  checksum_ = checksumOf(text_);
  return {};
}

// A kept table that this build reads but cannot serve must not end in a loop of starts: the daemon sends a better one.
Status Process::serveNothing(const Error& why) {
  log(Level::kError, "edge", why.text() + "; serving nothing until another comes");
  return serveFirst(emptyTable());
}

// From "ready" on, hold lets the generation before drain; its changes of the table go to us.
Status Process::takeOver() {
  ORBIT_TRY_STATUS(hold_->ready());
  const Status told = files_.takeOver();
  if (!told.ok()) log(Level::kWarning, "edge", told.error().text());
  folderLock_.reset();
  return {};
}

std::vector<Error> Process::serve(std::shared_ptr<const model::RouteTable> table, bool lenient) {
  Sockets::Needed needed = sockets_.need(*table);
  if (!needed.problems.empty() && !lenient) {
    closeAll(needed.listening);
    sockets_.abandon();
    return std::move(needed.problems);
  }
  for (const Error& problem : needed.problems) log(Level::kError, "edge", problem.text());
  missing_ = !needed.problems.empty();
  // Many certificates take long to read. At first nobody else may be there to serve plain HTTP meanwhile; who wants
  // HTTPS waits in the listener's queue.
  const std::vector<edge::Listening> plain =
      table_ == nullptr ? takePlain(*table, needed.listening) : std::vector<edge::Listening>();
  Status applied = plain.empty() ? Status() : edge_->apply(table, plain);
  if (applied.ok()) {
    keeper_->want(table->certificates, table->authorities);
    applied = edge_->apply(table, needed.listening);
  } else {
    closeAll(needed.listening);
  }
  if (!applied.ok()) {
    if (table_ != nullptr) keeper_->want(table_->certificates, table_->authorities);
    sockets_.abandon();
    return {applied.error()};
  }
  needed.listening.insert(needed.listening.end(), plain.begin(), plain.end());
  sockets_.settle(*table, needed.listening);
  table_ = std::move(table);
  appliedUs_ = clock_.wallUs();
  return {};
}

net::Task<Process::Outcome> Process::change(Propose propose) {
  while (changing_) static_cast<void>(co_await turn_.wait());
  changing_ = true;
  struct Turn {
    Process& process;
    ~Turn() {
      process.changing_ = false;
      process.turn_.notifyAll();
    }
  } turn{*this};
  Outcome outcome;
  Result<net::Descriptor> lock = net::Descriptor();
  if (hold_ != nullptr) {
    lock = files_.lock();
    if (lock.ok() && !lock->valid()) {
      lock = Error{Code::kUnavailable, "the next generation is taking over", "ask again in a moment"};
    }
  }
  if (lock.ok() && stop_.requested())
    lock = Error{Code::kUnavailable, "this edge is draining", "ask again in a moment"};
  if (!lock.ok()) {
    outcome.problems.push_back(lock.error());
    outcome.problems.back().code = Code::kUnavailable;
    co_return outcome;
  }
  Proposal proposal;
  std::function<void()> read = [&] {
    proposal = propose(*table_);
    if (proposal.problems.empty()) proposal.changes = changesBetween(*table_, proposal.table);
  };
  co_await loop_.offload(std::move(read));
  outcome.problems = std::move(proposal.problems);
  if (outcome.problems.empty()) {
    outcome.problems = serve(std::make_shared<const model::RouteTable>(std::move(proposal.table)), false);
  }
  if (!outcome.problems.empty()) co_return outcome;
  text_ = std::move(proposal.text);
  checksum_ = checksumOf(text_);
  outcome.changes = std::move(proposal.changes);
  kept_ = co_await keep(text_);
  outcome.kept = kept_;
  // Who is told that it is served may stop what served before.
  for (int looks = 0; looks < kAppliedLooks && !edge_->applied(); ++looks) {
    static_cast<void>(co_await loop_.sleep(kAppliedLook));
  }
  co_return outcome;
}

// Served already: a full disk is told, not obeyed.
net::Task<Status> Process::keep(std::string text) {
  if (!options_.tableFile.empty()) {
    co_return Error{Code::kUnsupported, "an edge with --table keeps no other table", "change " + options_.tableFile};
  }
  Status kept;
  std::function<void()> write = [this, &kept, &text] { kept = files_.keep(text); };
  co_await loop_.offload(std::move(write));
  if (!kept.ok()) log(Level::kError, "edge", "the table is served but not kept: " + kept.error().text());
  co_return kept;
}

net::Task<void> Process::run() {
  stepBehindWorkers();
  net::TaskGroup tasks(loop_);
  tasks.add(keeper_->run(stop_));
  tasks.add(keepHouse());
  const http::Handler handler = controlHandler(*this);
  if (control_ != nullptr) tasks.add(http::serve(loop_, *control_, handler, stop_));
  while (!stop_.requested()) static_cast<void>(co_await leaving_.wait());
  log(Level::kInfo, "edge", "generation " + std::to_string(generation_) + " drains");
  const net::Wait wait{clock_.now() + kDrainTime, &cut_};
  co_await edge_->drain(wait);
  co_await tasks.join();
  log(Level::kInfo, "edge", "generation " + std::to_string(generation_) + " is done");
}

void Process::leave() {
  stop_.request();
  leaving_.notifyAll();
  if (++leaves_ > 1) cut_.request();
}

void Process::onHangup() {
  edge_->reopenLog();
  if (!options_.tableFile.empty()) loop_.spawn(reload());
}

net::Task<void> Process::reload() {
  const auto text = readFile(options_.tableFile, kTableBytesMax);
  if (!text.ok()) {
    log(Level::kError, "edge", text.error().text());
    co_return;
  }
  Propose propose = [this, &text](const model::RouteTable&) { return wholeTable(*text, options_.tableFile); };
  const Outcome outcome = co_await change(std::move(propose));
  for (const Error& problem : outcome.problems) log(Level::kError, "edge", problem.text());
  log(Level::kInfo, "edge",
      outcome.problems.empty() ? "serves " + options_.tableFile + " as it is now" : "goes on by the table before");
}

net::Task<void> Process::keepHouse() {
  const net::Wait wait{Instant::max(), &stop_};
  while ((co_await loop_.sleep(kHousekeeping, wait)).ok()) {
    if (clock_.now() >= nextTicketKeys_) renewTicketKeys();
    if (missing_ && !changing_) serveMissing();
    giveMemoryBack();
  }
}

// What many clients left behind in the heap, between what the rest still uses. Not while they come and go: the workers
// wait for the heap meanwhile.
void Process::giveMemoryBack() {
  const std::uint64_t clients = edge_->connections();
  clientsMost_ = std::max(clientsMost_, clients);
  if (clientsMost_ < kClientsMany || clients > clientsMost_ / 4) return;
  ::malloc_trim(0);
  clientsMost_ = clients;
}

// What could not be bound at start may be free by now.
void Process::serveMissing() {
  Sockets::Needed needed = sockets_.need(*table_);
  missing_ = !needed.problems.empty();
  if (needed.listening.empty()) return;
  const Status applied = edge_->apply(table_, needed.listening);
  if (!applied.ok()) return sockets_.abandon();
  sockets_.settle(*table_, needed.listening);
  for (const auto& each : needed.listening) log(Level::kInfo, "edge", each.name + " is served now");
}

void Process::renewTicketKeys() {
  Status problem;
  edge_->setTicketKeys(tickets_.keys(clock_.wallUs(), problem));
  if (!problem.ok()) log(Level::kWarning, "edge", problem.error().text());
  nextTicketKeys_ = clock_.now() + kTicketKeyCheck;
}

void Process::tellWhatIsServed() const {
  log(Level::kInfo, "edge",
      "Orbit " + buildVersion() + " edge, generation " + std::to_string(generation_) + ", " + std::to_string(workers_) +
          " workers, serves " + std::to_string(table_->routes.size()) + " routes");
  for (const auto& listener : table_->listeners) {
    const bool served = sockets_.serves(listener);
    log(Level::kInfo, "edge", listener.name + (served ? " on " : " not on ") + listener.address);
  }
}

}  // namespace orbit::plane
