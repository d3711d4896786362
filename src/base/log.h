// The processes' own log: one line an event to standard error, `time level room message`. Never a secret, never a
// request body. Thread rules: safe from every thread; a line is one write.
#pragma once
#include <string_view>

namespace orbit {

enum class Level { kDebug, kInfo, kWarning, kError };

// Lines below this level are not written. Default: kInfo. Set once at start.
void setLogLevel(Level level);
void log(Level level, std::string_view room, std::string_view message);

}  // namespace orbit
