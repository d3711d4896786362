// What happened to the observer itself, kept beside the minutes. Private to series (its door shows it). Thread rules:
// plain values.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orbit::series {

struct Mark {
  enum class Kind : std::uint8_t {
    kStart = 1,  // observing began; `detail`: milliseconds in which nobody looked before, 0 unknown
    kStop = 2,   // an orderly end: what follows is no outage
    kStep = 3,   // the wall clock was set; `detail`: by how many milliseconds
  } kind = Kind::kStart;
  std::int64_t wallUs = 0;
  std::int64_t detail = 0;
  bool operator==(const Mark&) const = default;
};

std::string packMark(const Mark& mark);
Result<Mark> unpackMark(std::string_view payload);  // kInvalid

}  // namespace orbit::series
