#include "engine/host.h"

#include <fstream>

#include "base/text.h"

namespace orbit::engine {
namespace {

constexpr char kDefaultSocket[] = "/var/run/docker.sock";
constexpr int kPlainPort = 2375, kTlsPort = 2376;

}  // namespace

Result<EngineHost> parseHost(const EngineOptions& options) {
  EngineHost host;
  if (options.host.empty() || startsWith(options.host, "unix://")) {
    const std::string path = options.host.empty() ? kDefaultSocket : options.host.substr(7);
    host.address = net::Address::unixSocket(path.empty() ? kDefaultSocket : path);
    host.url = "unix://" + host.address.unixPath;
    host.local = true;
    return host;
  }
  const auto url = format::parseUrl(options.host);
  if (!url) {
    return Error{Code::kInvalid, "DOCKER_HOST is no address: \"" + options.host + "\"",
                 "write unix:///path/to/docker.sock or tcp://host:2376"};
  }
  if (url->scheme == "ssh") {
    return Error{Code::kUnsupported, "DOCKER_HOST=ssh:// is not supported",
                 "forward the socket yourself (`ssh -L /tmp/docker.sock:/var/run/docker.sock " + url->host +
                     "`) and set DOCKER_HOST=unix:///tmp/docker.sock, or run Orbit on that machine"};
  }
  if (url->scheme != "tcp" && url->scheme != "http" && url->scheme != "https") {
    return Error{Code::kUnsupported, "DOCKER_HOST's scheme \"" + url->scheme + "\" is not supported",
                 "use unix:// or tcp://"};
  }
  const bool tls = options.tlsVerify || url->scheme == "https";
  host.address = net::Address::tcp(url->host, url->port != 0 ? url->port : tls ? kTlsPort : kPlainPort);
  host.url = options.host;
  if (tls) {
    net::Tls files;
    if (!options.certPath.empty()) {
      files.caFile = options.certPath + "/ca.pem";
      files.certificateFile = options.certPath + "/cert.pem";
      files.keyFile = options.certPath + "/key.pem";
    }
    host.address.tls = std::make_shared<const net::Tls>(std::move(files));
  }
  return host;
}

std::vector<int> processesOf(const std::string& containerId) {
  std::vector<int> found;
  for (const char* root : {"/sys/fs/cgroup/", "/sys/fs/cgroup/pids/", "/sys/fs/cgroup/systemd/"}) {
    for (const std::string& name : {"docker/" + containerId, "system.slice/docker-" + containerId + ".scope"}) {
      std::ifstream processes(root + name + "/cgroup.procs");
      int process = 0;
      while (processes >> process) found.push_back(process);
    }
  }
  return found;
}

}  // namespace orbit::engine
