// The systemd unit, the firewall's rule, and docker's configuration: texts that the steps write.
#include "format/json.h"
#include "server/steps.h"

namespace orbit::server {

using format::Json;

// What containers outlive: their processes are in Docker's control groups, not in this one. KillMode=mixed tells hold
// alone to stop; it ends the edge, which drains, and kills what is left before systemd would.
std::string unitText() {
  return "# Written by `orbit server install`; changes of yours belong into `systemctl edit orbit`.\n"
         "[Unit]\n"
         "Description=Orbit: keeps the edge and the control plane running\n"
         "Documentation=man:systemd.service(5)\n"
         "# Wants and not Requires: the edge serves what runs while Docker is down.\n"
         "Wants=network-online.target docker.service\n"
         "After=network-online.target docker.service\n"
         "StartLimitIntervalSec=0\n"
         "\n"
         "[Service]\n"
         "Type=exec\n"
         "ExecStartPre=-/usr/local/bin/orbit server firewall add\n"
         "ExecStart=/usr/local/bin/orbit hold\n"
         "Restart=always\n"
         "RestartSec=1\n"
         "KillMode=mixed\n"
         "TimeoutStopSec=30\n"
         "RuntimeDirectory=orbit\n"
         "RuntimeDirectoryMode=0711\n"
         "StateDirectory=orbit\n"
         "StateDirectoryMode=0711\n"
         "LimitNOFILE=1048576\n"
         "TasksMax=infinity\n"
         "OOMScoreAdjust=-900\n"
         "\n"
         "[Install]\n"
         "WantedBy=multi-user.target\n";
}

// Virtual addresses lie in the upper half of an environment's /24, on bridges that are called orb….
std::vector<std::string> firewallRule() {
  return {"INPUT", "-i", "orb+",    "-d",        "0.0.0.128/0.0.0.128",     "-m", "addrtype", "--dst-type",
          "LOCAL", "-m", "comment", "--comment", "orbit virtual addresses", "-j", "ACCEPT"};
}

Result<std::string> withLiveRestore(const std::string& text) {
  Json whole = Json::object();
  if (!trim(text).empty()) {
    ORBIT_TRY(whole, format::parseJson(text, kDaemonJson));
    if (!whole.isObject()) {
      return Error{.code = Code::kInvalid, .message = std::string(kDaemonJson) + " is not a JSON object"};
    }
  }
  whole.set("live-restore", true);
  return whole.dump(2) + "\n";
}

}  // namespace orbit::server
