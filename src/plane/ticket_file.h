// The keys that seal TLS session tickets, in a file that the generations of an edge share, so that a visitor's ticket
// is good after an upgrade. Private to plane. Thread rules: one owner; functions block.
#pragma once
#include <string>
#include <vector>

#include "base/base.h"

namespace orbit::plane {

class TicketFile {
 public:
  explicit TicketFile(std::string path) : path_(std::move(path)) {}
  // Newest first, 48 bytes each; a new one is made when there is none, the newest is a day old, or the file is no such
  // file. A file that cannot be written is told in `problem`; the keys are good all the same.
  std::vector<std::string> keys(std::int64_t wallUs, Status& problem);

 private:
  std::string path_;
};

}  // namespace orbit::plane
