#include "model/home.h"

namespace orbit::model {
namespace {

constexpr std::size_t kSocketPathBytesMax = 107;  // sockaddr_un.sun_path with its final zero

std::string absolute(std::string path, const std::string& workingDir) {
  if (path.front() != '/') path = workingDir + "/" + path;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

Result<Home> homeFor(const Lookup& lookup, unsigned uid, const std::string& workingDir) {
  const auto value = [&lookup](std::string_view variable) { return lookup(variable).value_or(""); };
  Home home;
  if (const std::string held = value(kHeldState); !held.empty()) {
    home.state = held;
    home.run = value(kHeldRun);
  } else if (const std::string chosen = value("ORBIT_HOME"); !chosen.empty()) {
    home.state = absolute(chosen, workingDir);
    home.run = home.state + "/run";
  } else if (uid == 0) {
    home = systemHome();
  } else {
    const std::string data = value("XDG_DATA_HOME");
    const std::string user = value("HOME");
    if (data.empty() && user.empty()) {
      return Error{.code = Code::kInvalid,
                   .message = "there is no folder for Orbit's state: neither ORBIT_HOME nor HOME is set",
                   .hint = "set ORBIT_HOME to a folder of yours"};
    }
    home.state = (data.empty() ? absolute(user, workingDir) + "/.local/share" : absolute(data, workingDir)) + "/orbit";
    const std::string runtime = value("XDG_RUNTIME_DIR");
    home.run = runtime.empty() ? home.state + "/run" : absolute(runtime, workingDir) + "/orbit";
  }
  if (home.holdSocket().size() > kSocketPathBytesMax) {
    return Error{.code = Code::kInvalid,
                 .message = "the path of Orbit's socket is too long for the system: " + home.holdSocket(),
                 .hint = "choose a shorter folder with ORBIT_HOME"};
  }
  return home;
}

Home systemHome() {
  Home home;
  home.state = "/var/lib/orbit";
  home.run = "/run/orbit";
  return home;
}

}  // namespace orbit::model
