// The log store's speed on one core and on all: makes a log as services write them, takes it in, looks through it.
//   logs_bench make FILE MIB
//   logs_bench ingest FILE FOLDER       MB/s of text for each second of CPU, everything included (parsing to disk)
//   logs_bench search FOLDER PATTERN    matches and seconds
#include <sys/resource.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <thread>

#include "base/base.h"
#include "logs/core.h"
#include "logs/search.h"

namespace {

using namespace orbit;

const logs::Key kKey{"bench", "production", "web"};
constexpr std::size_t kBatchBytes = 64u << 10;

double cpuSeconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::string line(Random& random, std::int64_t timeUs) {
  const std::string id = newId(timeUs / 1000 * 1000, random), time = wallText(timeUs);
  const std::string path = "/api/items/" + std::to_string(random.below(5000));
  const std::string took = std::to_string(random.below(900) + 1);
  switch (random.below(6)) {
    case 0:
      return "{\"time\":\"" + time + "\",\"level\":\"info\",\"msg\":\"request handled\",\"request_id\":\"" + id +
             "\",\"path\":\"" + path + "\",\"status\":200,\"took_ms\":" + took + "}";
    case 1:
      return "time=" + time + " level=debug msg=\"cache lookup\" key=items:" + std::to_string(random.below(5000)) +
             " hit=true";
    case 2:
      return time + " WARNING app.db: slow query (" + took + " ms): SELECT * FROM items WHERE id = $1";
    default:
      return time + " INFO app.web: GET " + path + " status=200 duration=0." + took + "s request_id=" + id;
  }
}

int make(const std::string& file, std::size_t mebibytes) {
  Random random(7);
  std::ofstream out(file);
  std::int64_t timeUs = 1'795'000'000'000'000;
  for (std::size_t size = 0; size < mebibytes << 20;) {
    const std::string text = line(random, timeUs += 1000 + static_cast<std::int64_t>(random.below(4000)));
    out << text << '\n';
    size += text.size() + 1;
  }
  return 0;
}

int ingest(const std::string& file, const std::string& folder) {
  std::ifstream in(file);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const SystemClock clock;
  auto core = logs::Core::open({.folder = folder, .serviceBytesMax = std::uint64_t{8} << 30}, clock).value();
  const logs::Source source{"c0ffee", "web-1", "r1"};
  std::int64_t timeUs = clock.wallUs() - 1'000'000'000;
  const double begin = cpuSeconds();
  std::string_view rest = text;
  while (!rest.empty()) {
    logs::Batch batch;
    while (!rest.empty() && batch.bytes().size() < kBatchBytes) {
      const auto end = rest.find('\n');
      batch.add(false, false, timeUs += 10, rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
    core->append(kKey, source, batch);
    if (!core->flush().ok() || !core->tidy().ok()) return 1;
  }
  const double used = cpuSeconds() - begin;
  std::printf("%.0f MB in %.2f s of CPU: %.0f MB/s a core\n", static_cast<double>(text.size()) / 1e6, used,
              static_cast<double>(text.size()) / 1e6 / used);
  return 0;
}

int search(const std::string& folder, const std::string& pattern) {
  const SystemClock clock;
  auto core = logs::Core::open({.folder = folder, .serviceBytesMax = std::uint64_t{8} << 30}, clock).value();
  const auto begin = clock.now();
  auto found =
      logs::searchViews(core->view({kKey}), {}, {.grep = pattern}, std::thread::hardware_concurrency()).value();
  std::size_t matches = 0;
  for (auto batch = found->next(); batch.ok() && !batch->empty(); batch = found->next()) matches += batch->size();
  std::printf("%zu %.4f\n", matches, std::chrono::duration<double>(clock.now() - begin).count());
  return 0;
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  if (arguments.size() == 3 && arguments[0] == "make") return make(arguments[1], std::stoul(arguments[2]));
  if (arguments.size() == 3 && arguments[0] == "ingest") return ingest(arguments[1], arguments[2]);
  if (arguments.size() == 3 && arguments[0] == "search") return search(arguments[1], arguments[2]);
  std::fputs("logs_bench make FILE MIB | ingest FILE FOLDER | search FOLDER PATTERN\n", stderr);
  return 2;
}
