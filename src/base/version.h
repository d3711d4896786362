// Which Orbit this is. Thread rules: safe from every thread.
#pragma once
#include <string>

namespace orbit {

// "0.1.0+9f86d081884c": the product's version and the start of this binary's build id (the linker's hash over its
// contents), so that two builds of one version are told apart: a cli restarts a daemon that is not its own build.
const std::string& buildVersion();

// Of docs/api.md (decision 4): a cli and a daemon of one number understand each other, whatever their builds.
inline constexpr int kApiNumber = 1;

}  // namespace orbit
