// Secrets at rest: sealed with the home's key, a file beside the state, so that a copy of the state alone tells
// nothing. A sealed text is bound to its place and opens nowhere else; it names the key that it needs. Private to
// store. Thread rules: blocking for microseconds, makeKey() for a sync of the disk.
#pragma once
#include <array>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orbit::store {

// Overwritten when it goes.
class Key {
 public:
  // Errors: kNotFound when there is no file, kInvalid when it is no key, kDenied, kIo.
  static Result<Key> read(const std::string& path);
  // A new random one, on disk (0600) when it returns, whole or not at all. Errors: kConflict when there is a file,
  // kNoSpace, kDenied, kIo.
  static Result<Key> make(const std::string& path);
  ~Key();
  Key(const Key&) = default;
  Key& operator=(const Key&) = default;

  // `place` says where the text is kept.
  std::string seal(std::string_view text, std::string_view place) const;
  // Errors: kInvalid: another key's, damaged, or moved here from another place; `what` names it for people.
  Result<std::string> open(std::string_view sealed, std::string_view place, std::string_view what) const;

 private:
  static constexpr std::size_t kIdBytes = 8;
  explicit Key(std::string path) : path_(std::move(path)) {}
  std::string id() const;  // tells keys apart, tells nothing about the key

  std::array<unsigned char, 32> bytes_{};
  std::string path_;
};

// Unequal for unequal parts.
std::string joinPlace(std::initializer_list<std::string_view> parts);

void wipe(std::string& secret);

}  // namespace orbit::store
