// A query's conditions, compiled: what a block must have for a match (by its filter), what to look for first in its
// text, and the whole of it on one entry. Private to logs. Thread rules: const methods from any thread.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "logs/block.h"
#include "logs/query.h"

namespace re2 {
class RE2;
class FilteredRE2;
}  // namespace re2

namespace orbit::logs {

class Conditions final : public Matcher {
 public:
  static Result<std::unique_ptr<Conditions>> compile(const Query& query);
  ~Conditions() override;

  bool matches(const Entry& entry) const override;

  // False: no line of the block can match.
  bool mayMatch(const BlockHead& head) const;  // by times and severities
  bool mayMatch(std::string_view filter) const;
  bool wants(const Source& source) const {
    return (query_.release.empty() || source.release == query_.release) &&
           (query_.containers.empty() || query_.containers.contains(source.id));
  }

  // The next place, at `from` or later, of what every match must contain; npos when there is none. Without such a
  // thing: `from`.
  std::size_t find(std::string_view text, std::size_t from) const;
  bool looksForText() const { return !needle_.empty() || pattern_ != nullptr; }
  // matches() of an entry with a place that find() returned, when looksForText().
  bool matchesWhereFound(const Entry& entry) const {
    return matchesBesidesGrep(entry) && (findsGrep_ || grepMatches(entry.text));
  }
  bool inTime(std::int64_t timeUs) const {
    return timeUs >= query_.sinceUs && (query_.untilUs == 0 || timeUs <= query_.untilUs);
  }

 private:
  Conditions() = default;
  Status compilePattern();
  void chooseNeedle();
  bool grepMatches(std::string_view text) const;
  bool matchesBesidesGrep(const Entry& entry) const;
  bool fieldsMatch(const Entry& entry) const;

  Query query_;
  bool literal_ = false;                           // grep is plain text
  bool findsGrep_ = false;                         // what find() looks for is grep itself
  std::string needle_;                             // in every match, as it is
  std::vector<std::uint64_t> grams_;               // of all that must be there
  std::unique_ptr<re2::RE2> pattern_;              // grep, when it is not plain
  std::unique_ptr<re2::FilteredRE2> filtered_;     // tells which words it needs
  std::vector<std::vector<std::uint64_t>> atoms_;  // their grams
};

}  // namespace orbit::logs
