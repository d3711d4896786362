// Small files, written whole or not at all. Private to plane. Thread rules: plain functions; they block.
#pragma once
#include <string>

#include "base/result.h"
#include "net/descriptor.h"

namespace orbit::plane {

// Errors: kNotFound, kLimit, kIo, kDenied.
Result<std::string> readFile(const std::string& path, std::size_t bytesMax);
// What a file is to outlive: a loss of power, which takes an fsync, or this process.
enum class Lasts { kPowerLoss, kProcess };
// A file beside it, fsync, rename, fsync of the folder; 0600. Errors: kNoSpace, kIo, kDenied. The old file stays then.
Status writeFile(const std::string& path, std::string_view bytes, Lasts lasts = Lasts::kPowerLoss);
// With what is missing above it, 0700. Errors: kIo, kDenied.
Status makeFolder(const std::string& path);
// An flock(2) on `path`, given back by the descriptor's end. Empty when another process has it. Errors: kIo, kDenied.
Result<net::Descriptor> tryLock(const std::string& path);
// SHA-256, hex.
std::string checksumOf(std::string_view bytes);

}  // namespace orbit::plane
