// The log store of a home: what services said, compressed on disk, under a budget of bytes and age for each. One thread
// of its own writes; appending never waits for a disk. A kill loses at most the last 100 ms, and nothing that the
// engine still has: position() is stored with the lines. Part of the door of logs.
//
// Folder: journal, services/<project>/<environment>/<service>/<n>.segment. Thread rules: every method from any thread;
// `more` is called on the store's thread.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "logs/entry.h"
#include "logs/query.h"

namespace orbit::logs {

struct StoreOptions {
  std::string folder;
  std::uint64_t serviceBytesMax = 256u << 20;  // compressed, of each service
  std::int64_t serviceAgeUs = std::int64_t{14} * 86'400 * 1'000'000;
};

// What is known of a container: where its lines were taken up to.
struct StoredPosition {
  Key key;
  Source source;
  Position position;
  std::uint64_t offset = 0;  // of a file
};

class Search;

class Store {
 public:
  // Reads the journal. Errors: kIo, kDenied, kNoSpace; damage is none: it is mended and told in repairs().
  static Result<std::unique_ptr<Store>> open(StoreOptions options, const Clock& clock);
  virtual ~Store() = default;  // writes what waits

  virtual std::vector<std::string> repairs() const = 0;
  virtual std::vector<StoredPosition> positions() const = 0;  // of what is on disk

  virtual void append(const Key& key, const Source& source, Batch batch) = 0;
  // Bytes of a container that wait to be written: whoever appends reads no further while they are too many.
  virtual std::size_t waiting(const std::string& sourceId) const = 0;
  virtual bool tooMany(const std::string& sourceId) const = 0;
  virtual void forget(const std::string& sourceId) = 0;  // after what was appended of it
  // Why nothing can be written at the moment (a full disk), "" when it can.
  virtual std::string trouble() const = 0;

  // Services that have lines.
  virtual std::vector<Key> keys() const = 0;
  // All that was appended before is found. Blocks for as long as that takes: not for the loop's thread.
  virtual Result<std::unique_ptr<Search>> search(Query query) const = 0;
};

}  // namespace orbit::logs
