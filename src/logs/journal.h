// The write-ahead journal: frames of [size, hash, bytes], appended in groups. A frame that was cut or damaged ends it:
// what follows is of no use, since frames build on each other. Private to logs. Thread rules: one owner.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "logs/file.h"

namespace orbit::logs {

class Journal {
 public:
  Journal() = default;
  // Goes on at `bytes`, after what is good of it.
  Journal(File file, std::uint64_t bytes) : file_(std::move(file)), written_(bytes) {}
  void add(std::string_view frame, std::string_view rest = {});  // one frame of both
  // Writes what was added. After a failure it is still there, to be tried again.
  Status flush();
  Status sync();
  std::uint64_t bytes() const { return written_ + pending_.size(); }
  std::size_t pending() const { return pending_.size(); }

 private:
  File file_;
  std::uint64_t written_ = 0;
  std::string pending_;
  bool unsynced_ = false;
};

// Calls `frame` for each whole frame; returns how many bytes were good. An error of `frame` ends it there.
struct JournalEnd {
  std::uint64_t good = 0, size = 0;
  Status why;  // of what ended it before its end
};
Result<JournalEnd> readJournal(const File& file, const std::function<Status(std::string_view)>& frame);

}  // namespace orbit::logs
