// The power of a watch as a picture: how often a release that fails so much is taken back, by traffic.
#pragma once
#include <cstdint>
#include <string>

namespace orbit::verdict {

// Writes an SVG; 0, or 1 if the file could not be written.
int writePlot(const std::string& path, std::uint64_t seed);

}  // namespace orbit::verdict
