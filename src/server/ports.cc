#include "server/ports.h"

#include <charconv>
#include <set>

namespace orbit::server {
namespace {

constexpr std::string_view kListening = "0A";

// Inodes of the sockets that listen on `port`, of one table: "sl local_address rem_address st … inode" (proc(5)).
void addInodes(const std::string& table, int port, std::set<std::string>& inodes) {
  for (const auto line : split(table, '\n')) {
    std::vector<std::string_view> words;
    for (const auto word : split(line, ' ')) {
      if (!word.empty()) words.push_back(word);
    }
    if (words.size() < 10 || words[3] != kListening) continue;
    const auto colon = words[1].rfind(':');
    if (colon == std::string_view::npos) continue;
    int found = 0;
    std::from_chars(words[1].data() + colon + 1, words[1].data() + words[1].size(), found, 16);
    if (found == port) inodes.emplace(words[9]);
  }
}

}  // namespace

std::optional<PortHolder> portHolder(const Machine& machine, int port) {
  std::set<std::string> inodes;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    addInodes(machine.read(table).value_or(""), port, inodes);
  }
  if (inodes.empty()) return std::nullopt;
  for (const auto& pid : machine.list("/proc")) {
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    for (const auto& descriptor : machine.list("/proc/" + pid + "/fd")) {
      const std::string target = machine.linkTarget("/proc/" + pid + "/fd/" + descriptor).value_or("");
      if (!startsWith(target, "socket:[") || !inodes.contains(target.substr(8, target.size() - 9))) continue;
      PortHolder holder;
      std::from_chars(pid.data(), pid.data() + pid.size(), holder.pid);
      holder.name = std::string(trim(machine.read("/proc/" + pid + "/comm").value_or("")));
      return holder;
    }
  }
  return PortHolder();
}

}  // namespace orbit::server
