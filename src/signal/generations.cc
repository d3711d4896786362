#include <charconv>
#include <filesystem>
#include <set>

#include "signal/signal.h"

namespace orbit::signal {

void Generations::look() {
  constexpr std::string_view kSuffix = ".signals";
  std::set<std::uint64_t> present;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(folder_, failed), end; !failed && at != end; at.increment(failed)) {
    const std::string name = at->path().filename();
    if (!endsWith(name, kSuffix)) continue;
    const char* const last = name.data() + name.size() - kSuffix.size();
    std::uint64_t generation = 0;
    const auto [stop, wrong] = std::from_chars(name.data(), last, generation);
    if (wrong != std::errc() || stop != last) continue;
    present.insert(generation);
    if (readers_.contains(generation)) continue;
    if (auto reader = Reader::open(at->path(), keepsLog_); reader.ok())
      readers_.emplace(generation, std::move(*reader));
  }
  std::erase_if(readers_, [&present](const auto& each) { return !present.contains(each.first); });
}

}  // namespace orbit::signal
