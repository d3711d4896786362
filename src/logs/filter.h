// Which words a block has, in a few kilobytes, so that search passes over blocks that cannot hold what it looks for. A
// Bloom filter of every second 6-byte piece of words (chosen by its hash), letters' case left out: unlike one of whole
// words it answers for any part of a word. Private to logs. Thread rules: pure.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace orbit::logs {

// For a block's text. As small as keeps false answers rare.
std::string makeFilter(std::string_view text);

// What a needle asks of a filter; empty: nothing, any block may have it.
std::vector<std::uint64_t> gramsOf(std::string_view needle);

// Whether the block may have them all. A filter of another size than makeFilter gives says yes to everything.
bool mayHave(std::string_view filter, const std::vector<std::uint64_t>& grams);

}  // namespace orbit::logs
