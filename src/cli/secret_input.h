// Values that come by standard input, so that no process list, shell history or screen has them. Thread rules: the
// main thread; blocks until the value is there.
#pragma once
#include <string>

#include "base/result.h"

namespace orbit::cli {

// From a terminal: one line, typed or pasted, not shown; `prompt` goes to standard error. From a pipe or file: all of
// it. A single line loses its newline, a text of several lines stays as it is. Errors: kCancelled for Ctrl-C, kInvalid
// when there is none or when several lines were pasted into the terminal, kLimit, kIo.
Result<std::string> readSecret(const std::string& prompt);

// A text of one line without its newline; of several lines as it is.
std::string valueOfInput(std::string text);

// What is typed into a terminal in raw mode, key by key, as a line.
class HiddenLine {
 public:
  enum class State { kTyping, kEntered, kInterrupted };
  State add(char key);
  std::string text;

 private:
  void eraseLast();
};

}  // namespace orbit::cli
