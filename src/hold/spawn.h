// Starting one child process. Private to hold. Thread rules: hold's one thread.
#pragma once
#include <string>
#include <vector>

#include "hold/hold.h"

namespace orbit::hold {

struct Listening {
  std::string name;
  int descriptor = -1;
};

struct Spawn {
  const Child& child;
  const std::vector<Listening>& listeners;  // all; the child is given those it names
  int output = -1;                          // its standard output and error
  int channel = -1;                         // the child's end, or -1
  std::uint64_t generation = 0;
};
// The process id. Errors: kIo.
Result<int> spawn(const Spawn& what);

}  // namespace orbit::hold
