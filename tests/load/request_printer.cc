// Prints the requests to an edge as lines of its access log, from its signal files and beside the daemon, which takes
// no notice of it. For bench/prometheus. Ends at SIGTERM, or when nobody reads.
//   request_printer SIGNALFOLDER
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "signal/signal.h"

int main(int count, char** words) {
  using namespace orbit;
  if (count < 2) return 2;
  constexpr auto kLook = std::chrono::milliseconds(250);
  constexpr std::size_t kRecordsAtOnce = 4096;
  signal::Generations generations(words[1]);
  const auto line = std::make_unique_for_overwrite<char[]>(signal::kLineBytesMax);
  std::string texts;
  for (;; std::this_thread::sleep_for(kLook)) {
    generations.look();
    for (const auto& [generation, reader] : generations.readers()) {
      for (const auto& [record, key] : reader->records(kRecordsAtOnce, texts)) {
        if (!record.logged) continue;
        const char* const end =
            signal::formatJson(signal::lineOf(record, {key.route, key.service, key.release, ""}), line.get());
        std::fwrite(line.get(), 1, static_cast<std::size_t>(end - line.get()), stdout);
      }
      if (reader->recordsDropped() > 0) return 1;
    }
    std::fflush(stdout);
  }
}
