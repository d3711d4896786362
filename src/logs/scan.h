// One block looked through. Private to logs. Thread rules: pure but for the file.
#pragma once
#include <string>
#include <vector>

#include "logs/matcher.h"
#include "logs/view.h"

namespace orbit::logs {

struct Found {
  std::int64_t orderUs = 0;
  std::uint64_t ordinal = 0;  // of its first line, in its service
  Entry entry;
};

// Room for a block's parts, kept from one block to the next.
struct Scratch {
  std::string head, body, text, lines;
};

// By order, then as they came. Errors: kInvalid for a damaged block.
Result<std::vector<Found>> scanBlock(const File& file, const StoredBlock& block, const Key& key,
                                     const Conditions& conditions, Scratch& scratch);
std::vector<Found> scanOpen(const OpenBlock& block, const Key& key, const Conditions& conditions);

}  // namespace orbit::logs
