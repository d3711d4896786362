#include "verdict/plot.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

#include "verdict/watch.h"

namespace orbit::verdict {
namespace {

constexpr std::array<double, 6> kTraffic = {1, 5, 20, 100, 500, 2'000};  // requests a second
constexpr std::array<const char*, kTraffic.size()> kColours = {"#9aa5b1", "#7b8794", "#2f8f9d",
                                                               "#2566a8", "#6b4fa3", "#b0413e"};
constexpr double kOldRate = 0.001, kLowest = 0.002, kHighest = 0.5;
constexpr int kPoints = 18, kTries = 40;
constexpr double kLeft = 70, kTop = 50, kWidth = 560, kHeight = 300;

double x(double rate) {
  return kLeft + kWidth * std::log(rate / kLowest) / std::log(kHighest / kLowest);
}

double y(double share) {
  return kTop + kHeight * (1 - share);
}

double takenBack(double rps, double rate, std::uint64_t seed) {
  Truth truth;
  truth.rps = rps;
  truth.exact = true;
  truth.routes.push_back({.oldRate = kOldRate, .rate = rate, .goodRate = kOldRate});
  int found = 0;
  for (int at = 0; at < kTries; ++at) {
    Chance chance(seed + static_cast<std::uint64_t>(at) * 1'000'003);
    found += watch(truth, chance, Policy{}).takenBack ? 1 : 0;
  }
  return static_cast<double>(found) / kTries;
}

std::string axes() {
  std::string svg;
  for (int at = 0; at <= 4; ++at) {
    const double share = at / 4.0;
    svg += fmt::format("<path d='M{:.0f} {:.1f}h{:.0f}' stroke='#e0e4e8'/>", kLeft, y(share), kWidth);
    svg += fmt::format("<text x='{:.0f}' y='{:.1f}' text-anchor='end'>{} %</text>\n", kLeft - 8, y(share) + 4, at * 25);
  }
  for (const double rate : {0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5}) {
    svg += fmt::format("<path d='M{:.1f} {:.0f}v{:.0f}' stroke='#e0e4e8'/>", x(rate), kTop, kHeight);
    svg += fmt::format("<text x='{:.1f}' y='{:.0f}' text-anchor='middle'>{:g} %</text>\n", x(rate), kTop + kHeight + 18,
                       rate * 100);
  }
  // What is bad by definition begins at old + 1 point; what is good ends at old + 0.5 point.
  svg += fmt::format("<rect x='{:.1f}' y='{:.0f}' width='{:.1f}' height='{:.0f}' fill='#2f8f9d' opacity='0.10'/>\n",
                     kLeft, kTop, x(kOldRate + 0.005) - kLeft, kHeight);
  svg += fmt::format("<text x='{:.1f}' y='{:.0f}' fill='#2f8f9d'>within the margin</text>\n", kLeft + 6, kTop + 16);
  return svg;
}

}  // namespace

int writePlot(const std::string& path, std::uint64_t seed) {
  std::string svg = fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 780 420' font-family='sans-serif' font-size='12' "
      "fill='#333'>\n<rect width='780' height='420' fill='white'/>\n<text x='{:.0f}' y='28' font-size='15'>"
      "How often a failing release is taken back (old release: 0.1 % fail; {} watches a point)</text>\n",
      kLeft, kTries);
  svg += axes();
  for (std::size_t line = 0; line < kTraffic.size(); ++line) {
    std::string points;
    fmt::print("{:>6.0f} requests/s:", kTraffic[line]);
    for (int at = 0; at <= kPoints; ++at) {
      const double rate = kLowest * std::pow(kHighest / kLowest, static_cast<double>(at) / kPoints);
      const double share = takenBack(kTraffic[line], rate, seed);
      fmt::print(" {:.2f}", share);
      points += fmt::format("{:.1f},{:.1f} ", x(rate), y(share));
    }
    fmt::print("\n");
    const double at = kTop + 20 + 22 * static_cast<double>(line);
    svg += fmt::format("<polyline points='{}' fill='none' stroke='{}' stroke-width='2'/>\n", points, kColours[line]);
    svg +=
        fmt::format("<path d='M650 {:.0f}h20' stroke='{}' stroke-width='2'/><text x='676' y='{:.0f}'>{:g}/s</text>\n",
                    at, kColours[line], at + 4, kTraffic[line]);
  }
  svg += fmt::format("<text x='650' y='{:.0f}'>requests</text>\n", kTop + 4);
  svg += fmt::format(
      "<text x='{:.0f}' y='{:.0f}' text-anchor='middle'>share of the new release's requests that fail"
      "</text>\n</svg>\n",
      kLeft + kWidth / 2, kTop + kHeight + 42);
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) {
    fmt::print(stderr, "cannot write {}\n", path);
    return 1;
  }
  const bool written = std::fputs(svg.c_str(), file) >= 0;
  return std::fclose(file) == 0 && written ? 0 : 1;
}

}  // namespace orbit::verdict
