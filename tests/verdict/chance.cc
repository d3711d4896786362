#include "verdict/chance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace orbit::verdict {
namespace {

constexpr double kSmall = 40;  // means up to here are drawn exactly, larger ones as rounded normals

// Acklam's rational approximation, off by 1e-9 at most.
double inverseNormal(double p) {
  constexpr std::array a = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                            1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr std::array b = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                            6.680131188771972e+01, -1.328068155288572e+01};
  constexpr std::array c = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                            -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  constexpr std::array d = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00};
  constexpr double kLow = 0.02425;
  if (p > 1 - kLow) return -inverseNormal(1 - p);
  if (p < kLow) {
    const double q = std::sqrt(-2 * std::log(p));
    return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
           ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
  }
  const double q = p - 0.5, r = q * q;
  return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
         (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

}  // namespace

double Chance::uniform() {
  return static_cast<double>(random_.next() >> 11) * 0x1.0p-53;
}

double Chance::logBetween(double low, double high) {
  return low * std::pow(high / low, uniform());
}

double Chance::normal() {
  return inverseNormal(std::max(uniform(), 1e-300));
}

std::uint64_t Chance::poisson(double mean) {
  if (mean <= 0) return 0;
  if (mean > kSmall) return static_cast<std::uint64_t>(std::max(0.0, std::round(mean + std::sqrt(mean) * normal())));
  double left = uniform(), chance = std::exp(-mean);
  std::uint64_t count = 0;
  while (left > chance && count < 400) {
    left -= chance;
    chance *= mean / static_cast<double>(++count);
  }
  return count;
}

std::uint64_t Chance::binomial(std::uint64_t count, double probability) {
  if (count == 0 || probability <= 0) return 0;
  if (probability >= 1) return count;
  if (probability > 0.5) return count - binomial(count, 1 - probability);
  const auto n = static_cast<double>(count);
  const double mean = n * probability;
  if (mean > kSmall) {
    const double drawn = std::round(mean + std::sqrt(mean * (1 - probability)) * normal());
    return static_cast<std::uint64_t>(std::clamp(drawn, 0.0, n));
  }
  double left = uniform(), chance = std::pow(1 - probability, n);
  const double odds = probability / (1 - probability);
  std::uint64_t hits = 0;
  while (left > chance && hits < count) {
    left -= chance;
    chance *= odds * static_cast<double>(count - hits) / static_cast<double>(hits + 1);
    ++hits;
  }
  return hits;
}

std::uint64_t Chance::geometric(double mean) {
  if (mean <= 1) return 1;
  return 1 + static_cast<std::uint64_t>(std::log(1 - uniform()) / std::log(1 - 1 / mean));
}

double Chance::quantile(double share) {
  return inverseNormal(std::clamp(share, 1e-12, 1 - 1e-12));
}

double Chance::above(double z) {
  return 0.5 * std::erfc(z / std::numbers::sqrt2);
}

}  // namespace orbit::verdict
