#include "edge/routing/pattern.h"

#include <re2/re2.h>

namespace orbit::edge {
namespace {
constexpr std::int64_t kMemoryMax = 1 << 20;  // of one pattern's automata
}

Pattern::Pattern(std::unique_ptr<re2::RE2> compiled) : compiled_(std::move(compiled)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::compile(const std::string& text) {
  RE2::Options options(RE2::Latin1);
  options.set_log_errors(false);
  options.set_max_mem(kMemoryMax);
  auto compiled = std::make_unique<re2::RE2>(text, options);
  if (!compiled->ok()) {
    return Error{Code::kInvalid, "The pattern \"" + text + "\" cannot be compiled: " + compiled->error(),
                 "see https://github.com/google/re2/wiki/Syntax"};
  }
  return Pattern(std::move(compiled));
}

bool Pattern::matches(std::string_view text) const {
  return compiled_->Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), RE2::ANCHOR_BOTH, nullptr, 0);
}

bool Pattern::groups(std::string_view text, Groups& into) const {
  std::array<re2::StringPiece, std::tuple_size_v<Groups>> found;
  const int wanted = std::min(compiled_->NumberOfCapturingGroups() + 1, static_cast<int>(found.size()));
  if (!compiled_->Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), RE2::ANCHOR_BOTH, found.data(),
                        wanted)) {
    return false;
  }
  for (std::size_t i = 0; i < found.size(); ++i) into[i] = std::string_view(found[i].data(), found[i].size());
  return true;
}

bool Pattern::rewrite(std::string_view text, std::string_view to, std::string& out) const {
  Groups found;
  if (!groups(text, found)) return false;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i] != '\\' || i + 1 == to.size()) {
      out += to[i];
      continue;
    }
    const char next = to[++i];
    if (next >= '0' && next <= '9') {
      out += found[static_cast<std::size_t>(next - '0')];
    } else {
      out += next;
    }
  }
  return true;
}

}  // namespace orbit::edge
