// Small words about text that many rooms need. Thread rules: pure functions.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace orbit {

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
bool startsWith(std::string_view text, std::string_view prefix);
bool endsWith(std::string_view text, std::string_view suffix);
std::string lower(std::string_view text);  // ASCII only
// The candidate nearest to `word` by edit distance, or "" when none is near enough to be meant (distance > 1/3 + 1).
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace orbit
