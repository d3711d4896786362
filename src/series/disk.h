// The few things series does with its folder, so that tests can put a disk in its place that is full, torn or dies.
// Private to series (its door shows it). Thread rules: folderDisk() is safe from every thread, as long as one of them
// writes. Errors of all: kIo, kNoSpace, kDenied; of reading also kNotFound.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orbit::series {

class Disk {
 public:
  virtual ~Disk() = default;
  struct File {
    std::string name;
    std::uint64_t bytes = 0;
  };
  virtual Result<std::vector<File>> list() const = 0;
  // Less than `size` where the file ends.
  virtual Result<std::string> read(const std::string& name, std::uint64_t offset, std::uint64_t size) const = 0;
  // Makes the file when it is missing; what stood at `offset` and beyond is gone. When it fails, the file ends there.
  virtual Status write(const std::string& name, std::uint64_t offset, std::string_view bytes) = 0;
  virtual Status sync(const std::string& name) = 0;
  // The whole content, or the one before: also when the power fails.
  virtual Status replace(const std::string& name, std::string_view bytes) = 0;
  virtual Status remove(const std::string& name) = 0;
};

// A folder, made (0700) when missing.
std::unique_ptr<Disk> folderDisk(std::string folder);

// What Recorder wants done, in this order.
struct Action {
  enum class Kind : std::uint8_t { kWrite, kSync, kReplace, kRemove } kind = Kind::kWrite;
  std::string name;
  std::uint64_t offset = 0;
  std::string bytes;
};
// Until one fails; says how many were done.
struct Outcome {
  std::size_t done = 0;
  Status status;
};
Outcome run(Disk& disk, const std::vector<Action>& actions);

}  // namespace orbit::series
