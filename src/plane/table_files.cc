#include "plane/table_files.h"

#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "base/base.h"
#include "plane/files.h"
#include "plane/limits.h"

namespace orbit::plane {
namespace {

constexpr std::string_view kMark = "# orbit table 1 sha256 ";

}  // namespace

TableFiles::TableFiles(std::string folder, std::uint64_t generation)
    : table_(folder + "/table"),
      previous_(folder + "/table.prev"),
      lockFile_(folder + "/lock"),
      generationFile_(folder + "/generation"),
      generation_(generation) {}

Result<std::string> TableFiles::readWhole(const std::string& path) const {
  ORBIT_TRY(std::string bytes, readFile(path, kTableBytesMax));
  const auto end = bytes.find('\n');
  const std::string text = end == std::string::npos ? "" : bytes.substr(end + 1);
  if (bytes.substr(0, end) == std::string(kMark) + checksumOf(text)) return text;
  return Error{Code::kInvalid, path + " is damaged: its checksum does not fit"};
}

KeptTable TableFiles::load(const std::function<Status(const std::string& text)>& good) const {
  KeptTable kept;
  for (const std::string& path : {table_, previous_}) {
    auto text = readWhole(path);
    Status usable = text.ok() ? good(*text) : Status(text.error());
    if (usable.ok()) {
      kept.text = std::move(*text);
      if (!kept.warnings.empty()) kept.warnings.push_back("serving by " + path + " instead");
      return kept;
    }
    if (usable.error().code != Code::kNotFound) kept.warnings.push_back(usable.error().text());
  }
  return kept;
}

Status TableFiles::keep(const std::string& text) const {
  // The previous one becomes a second name of the present file, so at each moment one of them is whole.
  if (readWhole(table_).ok()) {
    const std::string beside = previous_ + ".new";
    ::unlink(beside.c_str());
    if (::link(table_.c_str(), beside.c_str()) == 0) ::rename(beside.c_str(), previous_.c_str());
  }
  return writeFile(table_, std::string(kMark) + checksumOf(text) + "\n" + text);
}

Result<net::Descriptor> TableFiles::lock() const {
  ORBIT_TRY(net::Descriptor held, tryLock(lockFile_));
  const auto written = readFile(generationFile_, 64);
  std::uint64_t generation = 0;
  if (written.ok()) std::from_chars(written->data(), written->data() + written->size(), generation);
  if (generation > generation_) return Error{Code::kConflict, "a later generation of the edge has taken over"};
  return held;
}

Status TableFiles::takeOver() const {
  // For processes that run now. An fsync would have the workers wait for the disk while they give the first answers.
  return writeFile(generationFile_, std::to_string(generation_) + "\n", Lasts::kProcess);
}

}  // namespace orbit::plane
