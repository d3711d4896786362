// Search over views: blocks that may match are read, several at once, in the order of their times, and their matches
// merged. Memory is that of the blocks whose times overlap, and of three for each thread ahead. Private to logs.
#pragma once
#include <memory>

#include "logs/query.h"
#include "logs/view.h"

namespace orbit::logs {

Result<std::unique_ptr<Search>> searchViews(std::vector<ServiceView> views, std::map<std::string, Position> positions,
                                            const Query& query, unsigned threads);

}  // namespace orbit::logs
