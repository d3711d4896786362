// The last good tables of an edge, on disk: `table` and the one before it, `table.prev`, each with its checksum in the
// first line, so that a damaged one is known and the one before it serves. Generations share the folder: who reads to
// take over, or writes, holds its lock. Private to plane. Thread rules: one owner; functions block.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/descriptor.h"

namespace orbit::plane {

struct KeptTable {
  std::string text;                   // "" : there is none
  std::vector<std::string> warnings;  // what was damaged, and what was used instead
};

class TableFiles {
 public:
  TableFiles(std::string folder, std::uint64_t generation);
  // The newest that is whole. `good` says whether a text is a table this build can serve.
  KeptTable load(const std::function<Status(const std::string& text)>& good) const;
  // Writes `text`, and what was there before as the previous one. Errors: kNoSpace, kIo, kDenied.
  Status keep(const std::string& text) const;

  // Empty while another generation reads or writes. Errors: kConflict when a later one took over; kIo.
  Result<net::Descriptor> lock() const;
  // Says, with the lock held, that this generation has taken over.
  Status takeOver() const;

 private:
  Result<std::string> readWhole(const std::string& path) const;
  std::string table_, previous_, lockFile_, generationFile_;
  std::uint64_t generation_;
};

}  // namespace orbit::plane
