// What a search reads: the files of a service and a copy of its open block, at one moment. Private to logs. Thread
// rules: plain values.
#pragma once
#include <memory>
#include <vector>

#include "logs/block.h"
#include "logs/segment.h"

namespace orbit::logs {

struct ServiceView {
  Key key;
  std::vector<SegmentRef> segments;       // oldest first
  std::shared_ptr<const OpenBlock> open;  // never null
};

}  // namespace orbit::logs
