// The secret by which a browser is let to one release (decision 28): nobody without the home's key can make it. Private
// to traffic. Thread rules: pure.
#pragma once
#include <string>

namespace orbit::traffic {

// 40 letters and digits, the same each time; "" without a key. `service`: its name in the table.
std::string pinOf(const std::string& key, const std::string& service, const std::string& release);

// Likewise, for Orbit's own requests to the edge.
std::string probeKeyOf(const std::string& key);

}  // namespace orbit::traffic
