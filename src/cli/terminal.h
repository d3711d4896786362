// The terminal this process was started from. Thread rules: the main thread; one RawMode at a time.
#pragma once
#include <memory>
#include <string_view>

#include "cli/progress_table.h"

namespace orbit::cli {

bool isTerminal(int descriptor);
// Of the terminal behind a descriptor; COLUMNS and LINES or 80 x 24 when it does not say.
Size terminalSize(int descriptor);
// All of it, blocking. When the reader is gone the process ends as if by SIGPIPE, the terminal restored.
void writeAll(int descriptor, std::string_view text);

// Every key goes to the peer, none is interpreted here. Ends with the object, and also when the process aborts.
class RawMode {
 public:
  static std::unique_ptr<RawMode> enter(int descriptor);  // nullptr when the descriptor is no terminal
  ~RawMode();
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;

 private:
  RawMode() = default;
};

// Puts the terminal back by itself when the process crashes. Call once at start.
void restoreTerminalOnCrash();

}  // namespace orbit::cli
