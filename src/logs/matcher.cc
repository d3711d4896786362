#include "logs/matcher.h"

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <cstring>

#include "base/base.h"
#include "logs/fields.h"
#include "logs/filter.h"

namespace orbit::logs {
namespace {

constexpr std::size_t kPatternBytesMax = 4096;
constexpr std::int64_t kPatternMemory = 8 << 20;
constexpr int kAtomBytesLeast = 6;

// What JSON and logfmt write as it is, so that a value can be looked for in the text.
bool isPlain(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == ':';
  });
}

std::size_t findText(std::string_view text, std::string_view needle, std::size_t from) {
  if (from >= text.size()) return std::string_view::npos;
  const void* found = ::memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace

Conditions::~Conditions() = default;

Result<std::unique_ptr<Matcher>> Matcher::create(const Query& query) {
  ORBIT_TRY(auto conditions, Conditions::compile(query));
  return std::unique_ptr<Matcher>(std::move(conditions));
}

Result<std::unique_ptr<Conditions>> Conditions::compile(const Query& query) {
  std::unique_ptr<Conditions> made(new Conditions);
  made->query_ = query;
  ORBIT_TRY_STATUS(made->compilePattern());
  made->chooseNeedle();
  return made;
}

Status Conditions::compilePattern() {
  if (query_.grep.empty()) return {};
  literal_ = !query_.ignoreCase && query_.grep.find_first_of("\\^$.[]|()?*+{}\n") == std::string::npos;
  if (literal_) return {};
  if (query_.grep.size() > kPatternBytesMax) {
    return Error{.code = Code::kLimit,
                 .message = "the pattern is longer than " + std::to_string(kPatternBytesMax) + " bytes"};
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_never_nl(true);
  options.set_case_sensitive(!query_.ignoreCase);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);  // bytes: logs are not always UTF-8
  options.set_max_mem(kPatternMemory);
  const std::string pattern = "(?m)" + query_.grep;
  pattern_ = std::make_unique<re2::RE2>(pattern, options);
  if (!pattern_->ok()) {
    return Error{.code = Code::kInvalid,
                 .message = "'" + query_.grep + "' is no pattern: " + pattern_->error(),
                 .hint = "it is a regular expression as RE2 takes them; \\ takes a sign's meaning away: \\["};
  }
  filtered_ = std::make_unique<re2::FilteredRE2>(kAtomBytesLeast);
  int id = 0;
  std::vector<std::string> atoms;
  if (filtered_->Add(pattern, options, &id) == re2::RE2::NoError) filtered_->Compile(&atoms);
  for (const auto& atom : atoms) atoms_.push_back(gramsOf(atom));
  return {};
}

void Conditions::chooseNeedle() {
  const auto add = [this](const std::string& text) {
    const auto grams = gramsOf(text);
    grams_.insert(grams_.end(), grams.begin(), grams.end());
    if (text.size() > needle_.size()) needle_ = text;
  };
  if (literal_) add(query_.grep);
  if (!query_.request.empty()) add(query_.request);
  for (const auto& text : query_.contains) add(text);
  for (const auto& [name, value] : query_.fields) {
    if (isPlain(value)) add(value);
  }
  findsGrep_ = literal_ ? needle_ == query_.grep : needle_.empty();
}

bool Conditions::mayMatch(const BlockHead& head) const {
  if (head.maxUs < query_.sinceUs) return false;
  if (query_.least == Severity::kNone) return true;
  std::uint64_t lines = 0;
  for (auto at = static_cast<std::size_t>(query_.least); at < kSeverities; ++at) lines += head.bySeverity[at];
  return lines > 0;
}

bool Conditions::mayMatch(std::string_view filter) const {
  if (!mayHave(filter, grams_)) return false;
  if (atoms_.empty()) return true;
  std::vector<int> there, possible;
  for (std::size_t at = 0; at < atoms_.size(); ++at) {
    if (mayHave(filter, atoms_[at])) there.push_back(static_cast<int>(at));
  }
  filtered_->AllPotentials(there, &possible);
  return !possible.empty();
}

std::size_t Conditions::find(std::string_view text, std::size_t from) const {
  if (!needle_.empty()) return findText(text, needle_, from);
  if (!pattern_) return from;
  re2::StringPiece found;
  const re2::StringPiece all(text.data(), text.size());
  if (!pattern_->Match(all, from, text.size(), re2::RE2::UNANCHORED, &found, 1)) return std::string_view::npos;
  return static_cast<std::size_t>(found.data() - text.data());
}

bool Conditions::grepMatches(std::string_view text) const {
  if (query_.grep.empty()) return true;
  if (literal_) return findText(text, query_.grep, 0) != std::string_view::npos;
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern_);
}

bool Conditions::fieldsMatch(const Entry& entry) const {
  if (query_.fields.empty()) return true;
  const Fields fields = fieldsOf(entry.text);
  return std::all_of(query_.fields.begin(), query_.fields.end(), [&fields](const auto& wanted) {
    return std::any_of(fields.begin(), fields.end(), [&wanted](const auto& field) {
      return field.first == wanted.first && field.second == wanted.second;
    });
  });
}

bool Conditions::matches(const Entry& entry) const {
  return matchesBesidesGrep(entry) && grepMatches(entry.text);
}

bool Conditions::matchesBesidesGrep(const Entry& entry) const {
  return inTime(entry.timeUs) && entry.severity >= query_.least && wants(entry.source()) &&
         (query_.request.empty() || entry.text.find(query_.request) != std::string::npos) &&
         std::all_of(query_.contains.begin(), query_.contains.end(),
                     [&entry](const std::string& text) { return entry.text.find(text) != std::string::npos; }) &&
         fieldsMatch(entry);
}

}  // namespace orbit::logs
