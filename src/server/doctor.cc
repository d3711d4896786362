// doctor: asks, prints.
#include <sys/resource.h>
#include <sys/timex.h>

#include <cstdio>

#include "server/checks.h"
#include "server/server.h"
#include "server/steps.h"

namespace orbit::server {
namespace {

using format::Json;
using Health = Check::Health;

constexpr Duration kHoldTime = std::chrono::seconds(3);
constexpr std::size_t kHoldAnswerMax = 64 << 10;
constexpr std::size_t kNameColumn = 20;

// hold's "status"; "" when nobody answers.
net::Task<std::string> holdStatus(net::Loop& loop, model::Home home) {
  const net::Wait wait{loop.clock().now() + kHoldTime, nullptr};
  const net::Address address = net::Address::unixSocket(home.holdSocket());
  auto stream = co_await net::connect(loop, address, wait);
  if (!stream.ok()) co_return std::string();
  const auto asked = co_await (*stream)->write("status\n", wait);
  std::string answer;
  std::string piece(4096, '\0');
  while (asked.ok() && answer.size() < kHoldAnswerMax) {
    const std::span<char> room(piece);
    const auto count = co_await (*stream)->read(room, wait);
    if (!count.ok() || *count == 0) break;
    answer.append(piece, 0, *count);
  }
  co_return answer;
}

// By the command line, which starts the daemon where that is its way; not where the unit should have.
Json askVersion(const Machine& machine, const model::Home& home, const std::string& executable) {
  const bool unit = hasSystemd(machine) && machine.exists(kUnitPath) && home.state == model::systemHome().state;
  if (unit && machine.run({"systemctl", "is-active", "--quiet", "orbit.service"}).status != 0) return {};
  const Ran ran = machine.run({executable, "version", "--json", "--progress", "quiet"});
  const auto begin = ran.out.find('{');
  if (begin == std::string::npos) return {};
  const auto json = format::parseJson(ran.out.substr(begin, ran.out.rfind('}') + 1 - begin), "orbit version --json");
  return json.ok() ? *json : Json();
}

bool clockInStep() {
  timex clock{};
  const int state = ::adjtimex(&clock);
  return state >= 0 && state != TIME_ERROR && (clock.status & STA_UNSYNC) == 0;
}

// Of hold when it tells, since it is the one that matters; else of a process started here.
long descriptorsMax(const Machine& machine, const std::string& status) {
  for (const auto line : split(status, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() < 3 || words[0] != "edge" || words[1] != "running") continue;
    const std::string limits = machine.read("/proc/" + std::string(words[2]) + "/limits").value_or("");
    const auto at = limits.find("Max open files");
    if (at == std::string::npos) break;
    const auto digit = limits.find_first_of("0123456789", at + 14);
    return digit == std::string::npos ? 0 : std::atol(limits.c_str() + digit);
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<long>(std::min<rlim_t>(limit.rlim_max, 1L << 40));
}

void add(std::vector<Check>& all, std::vector<Check> more) {
  for (auto& check : more) all.push_back(std::move(check));
}

}  // namespace

std::string_view healthName(Health health) {
  return health == Health::kOk ? "ok" : health == Health::kWarn ? "warn" : "fail";
}

std::string doctorText(const std::vector<Check>& checks) {
  std::string out;
  int warnings = 0;
  int failures = 0;
  for (const auto& check : checks) {
    std::string name = check.name;
    name.resize(std::max(kNameColumn, name.size() + 1), ' ');
    std::string health(healthName(check.health));
    health.resize(6, ' ');
    out += health + name + check.text + "\n";
    if (!check.mend.empty()) out += std::string(6 + kNameColumn, ' ') + check.mend + "\n";
    warnings += check.health == Health::kWarn ? 1 : 0;
    failures += check.health == Health::kFail ? 1 : 0;
  }
  if (failures + warnings == 0) return out + "\nAll is well\n";
  return out + "\n" + std::to_string(failures) + " to mend, " + std::to_string(warnings) + " to know\n";
}

std::string doctorJson(const std::vector<Check>& checks) {
  Json list = Json::array();
  bool good = true;
  for (const auto& check : checks) {
    good = good && check.health != Health::kFail;
    list.push(Json::object(
        {{"check", check.name}, {"health", healthName(check.health)}, {"text", check.text}, {"mend", check.mend}}));
  }
  Json whole = Json::object({{"ok", good}});
  whole.set("checks", std::move(list));
  return whole.dump(2) + "\n";
}

int doctor(const model::Home& home, const std::string& executable, bool json) {
  const RealMachine machine("");
  const Json version = askVersion(machine, home, executable);
  net::Loop loop;
  const std::string status = loop.runTask(holdStatus(loop, home));
  std::vector<Check> checks = checkEngine(version);
  add(checks, checkUnit(machine, home));
  if (!home.shared) checks.push_back(checkProcesses(machine, status, version, executable));
  add(checks, checkPorts(machine, home));
  checks.push_back(checkFirewall(machine));
  add(checks, checkDisk(machine, home, version["engine"]["rootDir"].asString()));
  checks.push_back(checkHome(machine, home));
  add(checks, checkMachine(machine, home, descriptorsMax(machine, status), clockInStep()));
  const std::string text = json ? doctorJson(checks) : doctorText(checks);
  std::fwrite(text.data(), 1, text.size(), stdout);
  const bool failed =
      std::any_of(checks.begin(), checks.end(), [](const Check& check) { return check.health == Health::kFail; });
  return failed ? 1 : 0;
}

}  // namespace orbit::server
