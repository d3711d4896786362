// `ports` and `expose`.
#include <algorithm>
#include <set>

#include "project/plan.h"

namespace orbit::project {
namespace {

constexpr int kPortMax = 65535;

struct Range {
  int first = 0, last = 0;
};

std::optional<Range> parseRange(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = wholeNumber(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : wholeNumber(text.substr(dash + 1));
  if (!first || !last || *first < 1 || *last > kPortMax || *first > *last) return std::nullopt;
  return Range{static_cast<int>(*first), static_cast<int>(*last)};
}

bool looksLikeAddress(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' || c == ':';
  }) && text.find_first_of(".:") != std::string_view::npos;
}

const std::vector<std::string_view> kProtocols = {"tcp", "udp", "sctp"};

// Ports already taken in, so that one written twice counts once; a range may hold many thousand.
using Seen = std::set<std::string>;

void planPort(const Fields& fields, model::ContainerSpec& container, Seen& seen) {
  model::Port port;
  const auto target = fields.integer("target", 1, kPortMax);
  if (!fields.has("target")) {
    fields.findings().problem(fields.node()->at, fields.path() + " has no `target`",
                              "say which port of the container it is: `target: 80`");
  }
  port.target = static_cast<int>(target.value_or(0));
  port.published = fields.text("published");
  if (!port.published.empty() && port.published != "0" && !parseRange(port.published)) {
    fields.problem("published", "`" + port.published + "` is no port",
                   "a port from 1 to 65535, or a range such as 8000-8010");
  }
  if (port.published == "0") port.published.clear();
  port.hostIp = fields.text("host_ip");
  if (startsWith(port.hostIp, "[") && endsWith(port.hostIp, "]"))
    port.hostIp = port.hostIp.substr(1, port.hostIp.size() - 2);
  if (!port.hostIp.empty() && !looksLikeAddress(port.hostIp)) {
    fields.problem("host_ip", "`" + port.hostIp + "` is no IP address", "for example 127.0.0.1 or ::1");
  }
  if (fields.has("protocol")) port.protocol = fields.word("protocol", kProtocols);
  if (fields.has("mode")) port.mode = fields.word("mode", {"ingress", "host"});
  port.name = fields.text("name");
  port.appProtocol = fields.text("app_protocol");
  if (!target) return;
  const std::string key = port.hostIp + " " + port.published + " " + std::to_string(port.target) + "/" + port.protocol;
  if (seen.insert(key).second) container.ports.push_back(std::move(port));
}

void planExpose(const Fields& fields, model::ContainerSpec& container) {
  Seen seen;
  const auto& items = fields.items("expose");
  for (const auto& item : items) {
    const std::string_view text = item.text;
    const auto slash = text.find('/');
    const std::string protocol = slash == std::string_view::npos ? "tcp" : lower(text.substr(slash + 1));
    const auto range = parseRange(text.substr(0, slash));
    if (!range || std::find(kProtocols.begin(), kProtocols.end(), protocol) == kProtocols.end()) {
      fields.findings().problem(
          item, fields.pathOf("expose") + ": `" + item.text + "` is no port of the container",
          "a port or range, with a protocol if it is not tcp: \"8000\", \"8000-8010\", \"53/udp\"");
      continue;
    }
    for (int port = range->first; port <= range->last; ++port) {
      std::string one = std::to_string(port) + "/" + protocol;
      if (seen.insert(one).second) container.expose.push_back(std::move(one));
    }
  }
}

}  // namespace

void planPorts(const Fields& fields, model::ContainerSpec& container) {
  Seen seen;
  const auto& items = fields.items("ports");
  for (std::size_t i = 0; i < items.size(); ++i) {
    planPort(Fields(&items[i], fields.pathOf("ports") + "[" + std::to_string(i) + "]", fields.findings()), container,
             seen);
  }
  planExpose(fields, container);
}

}  // namespace orbit::project
