// Bounds what a service may have stored: so much a second, after so much at once. What comes beyond is counted, and
// told each second while it lasts and when it is over. Private to logs. Thread rules: plain values.
#pragma once
#include <cstdint>
#include <string>

#include "logs/entry.h"

namespace orbit::logs {

class Flood {
 public:
  // The batch as it is stored: itself, or in `made` its pieces as skipped ones, with what there is to tell.
  const Batch& pass(const Batch& batch, std::int64_t nowUs, Batch& made);

 private:
  bool spend(std::uint64_t bytes, std::int64_t nowUs);
  void tell(Batch& to, std::int64_t timeUs);

  double left_ = -1;  // bytes; negative: nothing was ever spent
  std::int64_t filledUs_ = 0, toldUs_ = 0;
  std::uint64_t lines_ = 0, bytes_ = 0;  // left out and not told yet
};

}  // namespace orbit::logs
