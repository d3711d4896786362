#include "verdict/plot.h"

namespace orbit::verdict {
int writePlot(const std::string&, std::uint64_t) {
  return 1;
}
}  // namespace orbit::verdict
