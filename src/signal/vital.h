// How a series of kVital is named. Part of the door of signal. Thread rules: pure functions.
#pragma once
#include <string>
#include <string_view>

namespace orbit::signal {

struct VitalName {
  std::string_view metric;  // "LCP", "INP", "CLS"
  std::string_view page;    // "/orders/:id"
  bool fromCache = false;   // the page came back from the back-forward cache: a view of another kind
};
// As Key::instance: "LCP /orders/:id", "LCP from cache /orders/:id".
std::string vitalText(const VitalName& name);
// Views into `instance`. What is no such name is all metric.
VitalName vitalNameOf(std::string_view instance);

}  // namespace orbit::signal
