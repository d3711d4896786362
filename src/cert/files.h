// Files replaced whole and durably: written aside, synced, renamed. Blocking. Thread rules: plain functions.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace orbit::cert {

// Errors: kNotFound, kDenied, kLimit (longer than `bytesMax`), kIo.
Result<std::string> readFile(const std::string& path, std::size_t bytesMax);
// Mode 0600. Errors: kDenied, kNoSpace, kIo.
Status writeFile(const std::string& path, const std::string& text);

struct NamedText {
  std::string name, text;
};
// A whole folder (0700) in the place of the one of that name: a reader finds the old one or the new one.
Status replaceFolder(const std::string& path, const std::vector<NamedText>& files);
// Makes it only if nothing is there; false when something is.
Result<bool> makeFolder(const std::string& path, const std::vector<NamedText>& files);
void removeFolder(const std::string& path);                    // one level deep
std::vector<std::string> listFolder(const std::string& path);  // sorted names, "." and ".." left out
// With its parents, 0700 each that is made.
Status ensureFolder(const std::string& path);

// What tells that a file was changed.
struct Stamp {
  std::uint64_t inode = 0;
  std::int64_t size = -1, modifiedNs = 0;
  bool operator==(const Stamp&) const = default;
};
Stamp stampOf(const std::string& path);  // size -1: not there

}  // namespace orbit::cert
