// The segment files of a service: blocks one after the other, written once and never changed; a whole file is unlinked
// when it is too old or the service has too much. Private to logs. Thread rules: SegmentFolder has one owner; what is
// read of a file may be read from anywhere.
#pragma once
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "logs/block.h"
#include "logs/file.h"

namespace orbit::logs {

struct SegmentRef {
  std::string path;
  std::uint64_t bytes = 0;  // so many are good
};

class SegmentFolder {
 public:
  // Looks at what is there. Errors: the file system's.
  static Result<SegmentFolder> open(std::string folder);

  // Brings the folder to what the journal knows: `segment` ends after `bytes`, later ones do not exist.
  Status cutTo(std::uint64_t segment, std::uint64_t bytes);
  // Without a journal: the last file ends with its last whole block. Returns what was cut.
  Result<std::uint64_t> cutTorn();

  struct Place {
    std::uint64_t segment = 0, begin = 0, end = 0;
  };
  Result<Place> append(std::string_view block, std::int64_t nowUs);
  // After append, before anything that was known otherwise is forgotten.
  Status sync();
  // Unlinks the oldest while there is more than `bytesMax` or they are older than `oldestUs`. The last stays.
  std::size_t drop(std::uint64_t bytesMax, std::int64_t oldestUs);

  std::uint64_t segment() const { return files_.empty() ? 0 : files_.back().number; }
  std::uint64_t segmentBytes() const { return files_.empty() ? 0 : files_.back().bytes; }
  std::uint64_t bytes() const;
  std::vector<SegmentRef> refs() const;
  bool dropped(std::uint64_t segment) const { return !files_.empty() && segment < files_.front().number; }
  bool has(const Place& place) const;  // with a block there that can be read

 private:
  struct Known {
    std::uint64_t number = 0, bytes = 0;
    std::int64_t changedUs = 0, begunUs = 0;
  };
  std::string pathOf(std::uint64_t number) const;
  void unlink(const Known& file) const;
  Status next(std::int64_t nowUs);

  std::string folder_;
  std::deque<Known> files_;  // oldest first
  File current_;
  bool unsynced_ = false;
};

// A block as it stands in a file, read as far as was needed.
struct StoredBlock {
  BlockHead head;
  std::uint64_t at = 0;  // of its head
  std::uint64_t end() const { return at + kHeadBytes + head.preludeBytes() + head.bodyBytes(); }
  std::uint64_t bodyAt() const { return at + kHeadBytes + head.preludeBytes(); }
};
// The block at `at`. Errors: kInvalid for none or a damaged one, kNotFound at the end.
Result<StoredBlock> blockAt(const File& file, std::uint64_t at, std::uint64_t fileBytes);

}  // namespace orbit::logs
