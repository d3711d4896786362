#include "cli/metrics_verbs.h"

namespace orbit::cli {
namespace {

constexpr auto kSwitch = Flag::Kind::kSwitch;
constexpr auto kText = Flag::Kind::kText;

const Flag kJson{"json", 0, kSwitch, "", "The same as --format json"};
const Flag kNoColor{"no-color", 0, kSwitch, "", "No colours"};
const Flag kOneEnvironment{"environment", 'E', kText, "NAME", "Only this environment (default: all)"};

}  // namespace

std::vector<Verb> metricsVerbs() {
  return {
      {"metrics",
       "[OPTIONS] [SERVICE...]",
       "Show requests, errors and latencies over a time",
       "orbit metrics                            the last hour, a line a service\n"
       "orbit metrics web --since 24h --by route each route of one service\n"
       "orbit metrics --vitals --since 7d        LCP, INP and CLS of each page\n"
       "orbit metrics -E production --json       requests, errors, p50_ms, p99_ms and more",
       {{"since", 0, kText, "TIME", "From a time (2026-11-24T08:00:00Z) or a span ago on (default: 1h)"},
        {"until", 0, kText, "TIME", "Up to a time or a span ago (default: now)"},
        {"by", 0, kText, "WHAT", "A line for each service (default), route, release, instance; of vitals also page"},
        {"vitals", 0, kSwitch, "", "What pages felt like to visitors (LCP, INP, CLS), a line a page, instead"},
        {"containers", 0, kSwitch, "", "What containers and the machine use now, instead"},
        {"prometheus", 0, kSwitch, "", "All of it in Prometheus' text format, instead"},
        kOneEnvironment,
        kJson,
        kNoColor}},
      {"top",
       "[OPTIONS]",
       "Show requests, containers and the machine, live",
       "orbit top                     q quits; without a terminal it prints one screen",
       {kOneEnvironment, kJson, kNoColor},
       0,
       0},
  };
}

}  // namespace orbit::cli
