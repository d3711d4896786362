// The order in which faults and warnings are told. Thread rules: pure.
#pragma once
#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "base/result.h"

namespace orbit::project {

// By file in the order given, then by place; what has no place comes last.
template <class T>
void sortByPlace(std::vector<T>& all, const std::vector<std::string>& files) {
  const auto rank = [&](const Location& at) {
    const auto found = std::find(files.begin(), files.end(), at.file);
    const auto place = at.known() ? found - files.begin() : static_cast<std::ptrdiff_t>(files.size()) + 1;
    return std::make_tuple(place, at.file, at.line, at.column);
  };
  std::stable_sort(all.begin(), all.end(), [&](const T& a, const T& b) { return rank(a.at) < rank(b.at); });
}

}  // namespace orbit::project
