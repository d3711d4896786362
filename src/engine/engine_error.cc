#include "engine/engine_error.h"

#include "base/text.h"

namespace orbit::engine {
namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Code codeOf(int status, std::string_view message) {
  switch (status) {
    case 400:
      return Code::kInvalid;
    case 401:
      return Code::kDenied;
    // The engine answers 403 for a network that is still in use.
    case 403:
      return has(message, "active endpoints") || has(message, "already exists") ? Code::kConflict : Code::kDenied;
    case 404:
      return Code::kNotFound;
    case 409:
      return Code::kConflict;
    case 501:
      return Code::kUnsupported;
    default:
      return Code::kIo;
  }
}

// The text between the first pair of `open` and `close` after `from`, or "".
std::string between(std::string_view text, std::string_view from, char open, char close) {
  const auto start = text.find(from);
  if (start == std::string_view::npos) return {};
  const auto first = text.find(open, start + from.size());
  if (first == std::string_view::npos) return {};
  const auto last = text.find(close, first + 1);
  if (last == std::string_view::npos) return {};
  return std::string(text.substr(first + 1, last - first - 1));
}

std::optional<Error> portError(std::string_view message) {
  if (!has(message, "port is already allocated") && !has(message, "address already in use")) return std::nullopt;
  const std::string port = portOfMessage(message);
  if (port.empty()) return std::nullopt;
  return Error{Code::kConflict, "port " + port + " of this machine is already in use",
               "see who holds it with `ss -ltnp 'sport = :" + port + "'` or `docker ps --filter publish=" + port +
                   "`, or publish another port"};
}

std::optional<Error> imageError(std::string_view message) {
  if (has(message, "No such image")) {
    const auto at = message.find("No such image:");
    const std::string name = at == std::string_view::npos ? "" : std::string(trim(message.substr(at + 14)));
    return Error{Code::kNotFound, name.empty() ? "no such image" : "image " + name + " is not on this machine",
                 "pull it with `orbit pull` or build it with `orbit build`"};
  }
  if (has(message, "pull access denied") || has(message, "repository does not exist")) {
    return Error{Code::kNotFound, std::string(message),
                 "check the image's name; for a private image sign in with `docker login`"};
  }
  if (has(message, "manifest unknown") || (has(message, "manifest for") && has(message, "not found"))) {
    return Error{Code::kNotFound, std::string(message), "the registry has no such tag; check the part after the ':'"};
  }
  if (has(message, "no matching manifest")) {
    return Error{Code::kNotFound, std::string(message), "the image is not made for this platform; set `platform:`"};
  }
  if (has(message, "unauthorized") || has(message, "no basic auth credentials")) {
    return Error{Code::kDenied, std::string(message), "sign in to the registry with `docker login`"};
  }
  if (has(message, "toomanyrequests")) {
    return Error{Code::kLimit, std::string(message), "the registry limits pulls; sign in with `docker login` or wait"};
  }
  return std::nullopt;
}

std::optional<Error> networkError(std::string_view message) {
  if (has(message, "non-overlapping IPv4 address pool")) {
    return Error{Code::kLimit, "the engine has no free address range for another network",
                 "remove unused networks (`docker network ls`) or give the network a `subnet:`"};
  }
  if (has(message, "Pool overlaps with other one")) {
    return Error{Code::kConflict, "the network's subnet overlaps with another network of this machine",
                 "choose another `subnet:`; `docker network inspect` shows those in use"};
  }
  if (has(message, "cannot assign requested address")) {
    return Error{Code::kInvalid, std::string(message), "the host address in `ports:` is none of this machine's"};
  }
  return std::nullopt;
}

std::optional<Error> reachError(std::string_view message) {
  constexpr std::string_view kSigns[] = {"no such host",
                                         "TLS handshake timeout",
                                         "i/o timeout",
                                         "connection refused",
                                         "Temporary failure in name resolution",
                                         "Client.Timeout exceeded",
                                         "network is unreachable"};
  for (auto sign : kSigns) {
    if (has(message, sign) && (has(message, "dial tcp") || has(message, "https://") || has(message, "http://"))) {
      return Error{Code::kUnavailable, std::string(message),
                   "the engine could not reach the registry; check the machine's network and proxy settings"};
    }
  }
  return std::nullopt;
}

std::optional<Error> startError(std::string_view message) {
  // The engine was killed while it started the container: its containerd or runc kept the half ("task <id>: already
  // exists", "id already in use", "container with given ID already exists"), and no later start of this id succeeds.
  const bool half = has(message, "already exists") && (has(message, "task ") || has(message, "with given ID"));
  const bool shim = has(message, "failed to start shim") && has(message, "file exists");
  if (half || shim || has(message, "id already in use")) {
    return Error{Code::kStale, "the engine was killed while it started this container, and cannot start it again",
                 "`orbit up` makes the container anew"};
  }
  if (has(message, "executable file not found") || (has(message, "exec: \"") && has(message, "no such file"))) {
    const std::string command = between(message, "exec:", '"', '"');
    return Error{Code::kInvalid, "the image has no command \"" + command + "\"",
                 "check `command:` and `entrypoint:`, or build a stage of the Dockerfile that has it"};
  }
  if (has(message, "exec: \"") && has(message, "permission denied")) {
    return Error{Code::kInvalid, "\"" + between(message, "exec:", '"', '"') + "\" is not executable in the image",
                 "make it executable (`chmod +x`) before the image is built"};
  }
  if (has(message, "exec format error")) {
    return Error{Code::kInvalid, std::string(message),
                 "the program is for another processor, or a script without a `#!` line"};
  }
  if (has(message, "bind source path does not exist")) {
    return Error{Code::kNotFound, std::string(message), "create the file or folder, or mend `volumes:`"};
  }
  return std::nullopt;
}

}  // namespace

std::string portOfMessage(std::string_view message) {
  // "Bind for 0.0.0.0:8000 failed: port is already allocated", "listen tcp4 0.0.0.0:80: bind: address already in use",
  // "exposing port TCP 0.0.0.0:80 -> 127.0.0.1:0: listen tcp ...".
  for (std::string_view lead :
       {"Bind for ", "listen tcp4 ", "listen tcp6 ", "listen tcp ", "listen udp ", "listen udp4 "}) {
    const auto at = message.find(lead);
    if (at == std::string_view::npos) continue;
    auto rest = message.substr(at + lead.size());
    rest = rest.substr(0, rest.find(' '));
    while (!rest.empty() && rest.back() == ':') rest.remove_suffix(1);
    const auto colon = rest.rfind(':');
    if (colon == std::string_view::npos) continue;
    const auto port = rest.substr(colon + 1);
    if (!port.empty() && port.find_first_not_of("0123456789") == std::string_view::npos) return std::string(port);
  }
  return {};
}

Error engineError(int status, std::string_view message) {
  message = trim(message);
  if (has(message, "no space left on device")) {
    return Error{Code::kNoSpace, "the disk of the engine is full: " + std::string(message),
                 "free some space: `docker system df` shows what images and volumes take"};
  }
  for (auto* known : {&portError, &imageError, &networkError, &reachError, &startError}) {
    if (auto error = known(message)) return std::move(*error);
  }
  Error error{codeOf(status, message), std::string(message)};
  if (message.empty()) error.message = "the engine answered with HTTP status " + std::to_string(status);
  if (has(message, "is already in use by container")) {
    error.message = "the container name " + between(message, "name", '"', '"') + " is already in use";
    error.hint = "remove or rename the other container, or change `container_name:`";
  } else if (has(message, "active endpoints")) {
    error.hint = "containers are still attached to the network; stop them first";
  } else if (has(message, "volume is in use")) {
    error.hint = "a container still uses the volume; remove it first";
  }
  return error;
}

Error connectError(Error error, std::string_view address) {
  if (error.code == Code::kDenied) {
    return Error{
        Code::kDenied,
        "no permission to use the Docker Engine's socket " + std::string(address),
        "add yourself to the docker group (`sudo usermod -aG docker $USER`, then sign in again); its members are "
        "root in effect",
        {},
        true};
  }
  if (error.code != Code::kUnavailable && error.code != Code::kNotFound) return error;
  const bool local = !address.empty() && address.front() == '/';
  return Error{Code::kUnavailable,
               "no Docker Engine answers at " + std::string(address),
               local ? "start it with `sudo systemctl start docker`; to get one on Debian: `sudo apt install docker.io`"
                     : "check DOCKER_HOST and that the engine runs there",
               {},
               true};
}

}  // namespace orbit::engine
