// Single files put at the end of an archive that is there already: what a build context gets beside its own files.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "pack/pack.h"

namespace orbit::pack {
namespace {

constexpr std::size_t kRecordBytes = 512;
using Record = std::array<char, kRecordBytes>;

class Descriptor {
 public:
  explicit Descriptor(const std::string& path) : number_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

Error fault(const std::string& what, const std::string& path) {
  return {errno == ENOSPC ? Code::kNoSpace : Code::kIo, what + " " + path + ": " + std::strerror(errno)};
}

Error malformed(const std::string& path) {
  return {Code::kInvalid, path + " is no whole tar archive", "pack the folder again"};
}

std::optional<std::int64_t> octal(std::string_view field) {
  while (!field.empty() && (field.back() == '\0' || field.back() == ' ')) field.remove_suffix(1);
  while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, bad] = std::from_chars(field.data(), field.data() + field.size(), value, 8);
  if (bad != std::errc() || end != field.data() + field.size() || value < 0) return std::nullopt;
  return value;
}

// How many bytes of content follow a header; nullopt when it is none.
std::optional<std::int64_t> contentBytes(const Record& record) {
  const std::string_view text(record.data(), record.size());
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(text[i]);
  }
  if (octal(text.substr(148, 8)) != sum) return std::nullopt;
  return octal(text.substr(124, 12));
}

// Where the two records of zeros begin.
Result<off_t> endOf(const Descriptor& file, const std::string& path) {
  off_t at = 0;
  while (true) {
    Record record;
    const ssize_t got = ::pread(file.number(), record.data(), record.size(), at);
    if (got < 0) return fault("cannot read", path);
    if (got != static_cast<ssize_t>(record.size())) return malformed(path);
    if (std::all_of(record.begin(), record.end(), [](char c) { return c == '\0'; })) return at;
    const auto content = contentBytes(record);
    if (!content) return malformed(path);
    const std::int64_t records =
        (*content + static_cast<std::int64_t>(kRecordBytes) - 1) / static_cast<std::int64_t>(kRecordBytes);
    at += static_cast<off_t>((records + 1) * static_cast<std::int64_t>(kRecordBytes));
  }
}

}  // namespace

Status addToArchive(const std::string& path, const std::string& name, std::string_view content) {
  const Descriptor file(path);
  if (file.number() < 0) return fault("cannot open", path);
  ORBIT_TRY(const off_t end, endOf(file, path));
  ORBIT_TRY(const std::string added, packFile(name, content, 0644, 0, 0));
  std::string_view left = added;
  for (off_t at = end; !left.empty();) {
    const ssize_t written = ::pwrite(file.number(), left.data(), left.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fault("cannot write", path);
    left.remove_prefix(static_cast<std::size_t>(written));
    at += written;
  }
  if (::ftruncate(file.number(), end + static_cast<off_t>(added.size())) != 0) return fault("cannot write", path);
  return {};
}

}  // namespace orbit::pack
