#include "api/context_folder.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace orbit::api {
namespace {

namespace fs = std::filesystem;

constexpr auto kKept = std::chrono::hours(6);  // longer than any upload waits for its operation

// Tokens are ids of ours; anything else could name a path.
bool isToken(std::string_view text) {
  return !text.empty() && text.size() <= 36 && text.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
}

Error ioError(const std::string& what, int reason) {
  return {.code = reason == ENOSPC ? Code::kNoSpace : Code::kIo,
          .message = what + ": " + std::strerror(reason),
          .hint = "check the space and the owner of Orbit's folder"};
}

}  // namespace

Status ContextFolder::open() {
  std::error_code failed;
  fs::create_directories(folder_, failed);
  if (!failed) fs::permissions(folder_, fs::perms::owner_all, failed);
  if (failed) return ioError("cannot make the folder " + folder_, failed.value());
  removeOlder(std::chrono::seconds(0));
  return {};
}

void ContextFolder::removeOlder(std::chrono::seconds age) {
  const auto oldest = fs::file_time_type::clock::now() - age;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder_, failed)) {
    std::error_code gone;
    if (entry.path().extension() == ".tar" && entry.last_write_time(gone) <= oldest) fs::remove(entry.path(), gone);
  }
}

Result<ContextFolder::Upload> ContextFolder::create(std::string token) {
  ORBIT_CHECK(isToken(token));
  removeOlder(kKept);
  const int descriptor = ::open(path(token).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return ioError("cannot keep the build context", errno);
  return Upload{std::move(token), descriptor};
}

void ContextFolder::remove(const std::string& token) {
  std::error_code gone;
  if (isToken(token)) fs::remove(path(token), gone);
}

Result<std::map<std::string, std::string>> ContextFolder::paths(
    const std::map<std::string, std::string>& tokens) const {
  std::map<std::string, std::string> paths;
  for (const auto& [service, token] : tokens) {
    std::error_code failed;
    if (!isToken(token) || !fs::is_regular_file(path(token), failed)) {
      return Error{.code = Code::kNotFound,
                   .message = "the build context of " + service + " is not here (any more)",
                   .hint = "upload it again: an archive serves one operation of one daemon"};
    }
    paths.emplace(service, path(token));
  }
  return paths;
}

ContextFolder::Use::Use(ContextFolder& folder, const std::map<std::string, std::string>& tokens) : folder_(folder) {
  for (const auto& [service, token] : tokens) tokens_.push_back(token);
}

ContextFolder::Use::~Use() {
  for (const auto& token : tokens_) folder_.remove(token);
}

}  // namespace orbit::api
