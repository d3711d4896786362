// The edge process as hold starts it, with the home that ORBIT_HOME names.
#include <cstdlib>
#include <string>

#include "plane/plane.h"

int main() {
  const std::string home = std::getenv("ORBIT_HOME");
  orbit::plane::Options options;
  options.folder = home + "/edge";
  options.signalFolder = home + "/run/edge";
  options.workers = 2;
  return orbit::plane::serve(options);
}
