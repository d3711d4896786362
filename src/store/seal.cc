#include "store/seal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace orbit::store {
namespace {

// format, id of the key, nonce, text and tag
constexpr char kFormat = 1;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* bytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void startSodium() {
  ORBIT_CHECK(sodium_init() >= 0);
}

Error keyFileError(std::string_view doing, const std::string& path, int reason) {
  const Code code = reason == ENOENT                      ? Code::kNotFound
                    : reason == ENOSPC                    ? Code::kNoSpace
                    : reason == EEXIST                    ? Code::kConflict
                    : reason == EACCES || reason == EROFS ? Code::kDenied
                                                          : Code::kIo;
  return {.code = code,
          .message = fmt::format("cannot {} the key file {}: {}", doing, path, std::strerror(reason)),
          .hint = "check the owner, mode and free space of its folder"};
}

// 0 or errno.
int writeSynced(const std::string& path, const unsigned char* bytes, std::size_t size) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return errno;
  int failed = 0;
  const ssize_t written = ::write(descriptor, bytes, size);
  if (written != static_cast<ssize_t>(size)) failed = written < 0 ? errno : ENOSPC;
  if (failed == 0 && ::fsync(descriptor) != 0) failed = errno;
  if (::close(descriptor) != 0 && failed == 0) failed = errno;
  return failed;
}

int syncFolder(const std::string& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return errno;
  const int failed = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  return failed;
}

}  // namespace

Result<Key> Key::read(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return keyFileError("open", path, errno);
  Key key(path);
  const ssize_t size = ::read(descriptor, key.bytes_.data(), key.bytes_.size());
  const int reason = errno;
  char more = 0;
  const bool longer = ::read(descriptor, &more, 1) > 0;
  ::close(descriptor);
  if (size < 0) return keyFileError("read", path, reason);
  if (size != static_cast<ssize_t>(key.bytes_.size()) || longer) {
    return Error{.code = Code::kInvalid,
                 .message = fmt::format("{} is no key: a key is {} bytes", path, key.bytes_.size()),
                 .hint = "put the key file back from the backup that has this state.db"};
  }
  return key;
}

Result<Key> Key::make(const std::string& path) {
  startSodium();
  Key key(path);
  randombytes_buf(key.bytes_.data(), key.bytes_.size());
  const std::string partial = path + ".partial";
  ::unlink(partial.c_str());  // of a process that died here
  int failed = writeSynced(partial, key.bytes_.data(), key.bytes_.size());
  // A link, not a rename: a key that is there is never replaced.
  if (failed == 0 && ::link(partial.c_str(), path.c_str()) != 0) failed = errno;
  ::unlink(partial.c_str());
  if (failed == 0) failed = syncFolder(std::filesystem::path(path).parent_path().string());
  if (failed != 0) return keyFileError("make", path, failed);
  return key;
}

Key::~Key() {
  sodium_memzero(bytes_.data(), bytes_.size());
}

std::string Key::id() const {
  constexpr std::string_view kPurpose = "orbit: which key";
  std::array<unsigned char, crypto_generichash_BYTES_MIN> hash{};
  crypto_generichash(hash.data(), hash.size(), bytesOf(kPurpose), kPurpose.size(), bytes_.data(), bytes_.size());
  return std::string(reinterpret_cast<const char*>(hash.data()), kIdBytes);
}

std::string Key::seal(std::string_view text, std::string_view place) const {
  startSodium();
  std::string sealed = kFormat + id();
  const std::size_t nonceAt = sealed.size();
  const std::size_t textAt = nonceAt + kNonceBytes;
  sealed.resize(textAt + text.size() + kTagBytes);
  auto* out = reinterpret_cast<unsigned char*>(sealed.data());
  randombytes_buf(out + nonceAt, kNonceBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out + textAt, nullptr, bytesOf(text), text.size(), bytesOf(place),
                                             place.size(), nullptr, out + nonceAt, bytes_.data());
  return sealed;
}

Result<std::string> Key::open(std::string_view sealed, std::string_view place, std::string_view what) const {
  startSodium();
  constexpr std::size_t kHeadBytes = 1 + kIdBytes + kNonceBytes;
  if (sealed.size() < kHeadBytes + kTagBytes || sealed[0] != kFormat) {
    return Error{.code = Code::kInvalid,
                 .message = fmt::format("{} is damaged in the state file", what),
                 .hint = "put state.db back from a backup, or set it again"};
  }
  if (sealed.substr(1, kIdBytes) != id()) {
    return Error{.code = Code::kInvalid,
                 .message = fmt::format("{} was sealed with another key than {}", what, path_),
                 .hint = "put back the key file that belongs to this state.db (from the same backup), or set it again"};
  }
  std::string text(sealed.size() - kHeadBytes - kTagBytes, '\0');
  const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
      reinterpret_cast<unsigned char*>(text.data()), nullptr, nullptr, bytesOf(sealed.substr(kHeadBytes)),
      sealed.size() - kHeadBytes, bytesOf(place), place.size(), bytesOf(sealed.substr(1 + kIdBytes)), bytes_.data());
  if (failed == 0) return text;
  return Error{.code = Code::kInvalid,
               .message = fmt::format("{} is damaged in the state file, or was moved there from another place", what),
               .hint = "put state.db back from a backup, or set it again"};
}

std::string joinPlace(std::initializer_list<std::string_view> parts) {
  std::string place;
  for (const auto part : parts) place += fmt::format("{}:{}", part.size(), part);
  return place;
}

void wipe(std::string& secret) {
  sodium_memzero(secret.data(), secret.size());
  secret.clear();
}

}  // namespace orbit::store
