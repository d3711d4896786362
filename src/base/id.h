// UUIDv7 (RFC 9562 5.7): ids that sort by the time they were made. Thread rules: plain functions of their inputs.
#pragma once
#include <cstdint>
#include <string>

namespace orbit {

class Random;

// A new id in the usual 8-4-4-4-12 form from the given wall time and generator.
std::string newId(std::int64_t wallUs, Random& random);

}  // namespace orbit
