#include "api/frame_payload.h"

#include <charconv>

namespace orbit::api {
namespace {

constexpr int kSizeMax = 10'000;
constexpr std::size_t kSignalBytesMax = 16;

std::optional<int> parseCount(std::string_view text) {
  int count = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failed != std::errc() || end != text.data() + text.size() || count < 1 || count > kSizeMax) return std::nullopt;
  return count;
}

}  // namespace

std::optional<std::pair<int, int>> parseSize(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto columns = parseCount(text.substr(0, space));
  const auto rows = parseCount(text.substr(space + 1));
  if (!columns || !rows) return std::nullopt;
  return std::pair(*columns, *rows);
}

bool isSignalName(std::string_view text) {
  return text.size() > 3 && text.size() <= kSignalBytesMax && text.substr(0, 3) == "SIG" &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-") == std::string_view::npos;
}

}  // namespace orbit::api
