#include "plane/signal_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/base.h"
#include "plane/limits.h"

namespace orbit::plane {
namespace {

constexpr std::string_view kSuffix = ".signals";

std::vector<std::uint64_t> generationsIn(const std::string& folder) {
  std::vector<std::uint64_t> found;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename();
    if (!endsWith(name, kSuffix)) continue;
    std::uint64_t generation = 0;
    const char* last = name.data() + name.size() - kSuffix.size();
    const auto [end, error] = std::from_chars(name.data(), last, generation);
    if (error == std::errc() && end == last) found.push_back(generation);
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

bool isGone(const std::string& path) {
  const net::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return file.valid() && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
}

}  // namespace

net::Descriptor holdSignalFile(const std::string& path) {
  net::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.valid()) ::flock(file.get(), LOCK_SH | LOCK_NB);
  return file;
}

void removeOldSignalFiles(const std::string& folder, std::uint64_t generation) {
  std::size_t kept = 0;
  for (const std::uint64_t each : generationsIn(folder)) {
    const std::string path = folder + "/" + std::to_string(each) + std::string(kSuffix);
    if (each >= generation || !isGone(path)) continue;
    if (kept++ >= kSignalFilesKept) ::unlink(path.c_str());
  }
}

}  // namespace orbit::plane
