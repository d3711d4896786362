// What to look for in stored logs. Part of the door of logs. Thread rules: plain values; a Search has one owner.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "logs/entry.h"

namespace orbit::logs {

struct Query {
  std::vector<Key> keys = {};                      // of these services
  std::int64_t sinceUs = 0;                        // at or after
  std::int64_t untilUs = 0;                        // at or before; 0: no end
  std::string grep = {};                           // RE2; in any line of an entry
  bool ignoreCase = false;                         // of grep
  Severity least = Severity::kNone;                // at least so severe
  std::map<std::string, std::string> fields = {};  // all of these (fields.h)
  std::string release = {}, request = {};          // "" for any
  std::set<std::string> containers = {};           // only these, by id; empty: all
  std::vector<std::string> contains = {};          // all of these texts, as they are
  std::int64_t tail = -1;                          // only the last so many of each container; -1: all
};

// One line's conditions, for lines that are not in the store. Errors: kInvalid for a pattern that is none, saying
// where.
class Matcher {
 public:
  static Result<std::unique_ptr<Matcher>> create(const Query& query);
  virtual ~Matcher() = default;
  // Keys and tail are the caller's.
  virtual bool matches(const Entry& entry) const = 0;
};

// Results by time over all services, those of one container in the order they were said.
class Search {
 public:
  virtual ~Search() = default;
  // The next ones; empty at the end. Blocks. Errors: the file system's.
  virtual Result<std::vector<Entry>> next() = 0;
  // What could not be read, as warnings.
  virtual std::vector<std::string> takeWarnings() = 0;
  // How far each container's log is in what was looked through, by its id: what is not in it comes after.
  virtual const std::map<std::string, Position>& positions() const = 0;
};

}  // namespace orbit::logs
