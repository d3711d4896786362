#include "project/short_syntax.h"

#include "base/text.h"

namespace orbit::project {
namespace {

using format::Node;

constexpr int kPortMax = 65535;

struct Range {
  int first = 0, last = 0;
  int size() const { return last - first + 1; }
};

std::optional<int> port(std::string_view text) {
  int value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || value < 0 || value > kPortMax) return std::nullopt;
  return value;
}

std::optional<Range> range(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = port(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : port(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return Range{*first, *last};
}

Node flag(bool value, const Location& at) {
  Node node = Node::string(value ? "true" : "false", at);
  node.kind = Node::Kind::kBool;
  return node;
}

Node number(int value, const Location& at) {
  Node node = Node::string(std::to_string(value), at);
  node.kind = Node::Kind::kInt;
  return node;
}

Error wrongPort(const Node& item, std::string message, std::string hint = {}) {
  if (hint.empty())
    hint = "write [ADDRESS:][HOST:]CONTAINER[/PROTOCOL], such as \"8080:80\" or \"127.0.0.1:5432:5432\"";
  return {Code::kInvalid, "The port \"" + item.text + "\" " + std::move(message), std::move(hint), item.at};
}

}  // namespace

Result<std::vector<Node>> longPorts(const Node& item) {
  std::string_view text = item.text;
  std::string_view protocol = "tcp";
  if (const auto slash = text.rfind('/'); slash != std::string_view::npos) {
    protocol = text.substr(slash + 1);
    text = text.substr(0, slash);
    const std::string low = lower(protocol);
    if (low != "tcp" && low != "udp" && low != "sctp")
      return wrongPort(item, "names an unknown protocol", "use tcp, udp or sctp");
  }
  const auto colon = text.rfind(':');
  const auto target = range(colon == std::string_view::npos ? text : text.substr(colon + 1));
  if (!target || target->first == 0) return wrongPort(item, "names no port of the container from 1 to 65535");
  std::string_view hostIp;
  std::string_view host = colon == std::string_view::npos ? std::string_view() : text.substr(0, colon);
  if (const auto before = host.rfind(':'); before != std::string_view::npos) {
    hostIp = host.substr(0, before);
    host = host.substr(before + 1);
    if (startsWith(hostIp, "[") && endsWith(hostIp, "]")) hostIp = hostIp.substr(1, hostIp.size() - 2);
    if (hostIp.empty()) return wrongPort(item, "has an empty address");
  }
  std::optional<Range> published;
  if (!host.empty()) {
    published = range(host);
    if (!published) return wrongPort(item, "names no port of this machine from 1 to 65535");
    if (published->size() != target->size() && target->size() != 1) {
      return wrongPort(item,
                       "maps " + std::to_string(published->size()) + " ports of this machine to " +
                           std::to_string(target->size()) + " of the container",
                       "make both ranges equally long");
    }
  }
  std::vector<Node> ports;
  for (int i = 0; i < target->size(); ++i) {
    Node out = Node::mapping(item.at);
    out.set("mode", Node::string("ingress", item.at));
    if (!hostIp.empty()) out.set("host_ip", Node::string(std::string(hostIp), item.at));
    out.set("target", number(target->first + i, item.at));
    if (published) {
      // Several ports of the machine for one of the container: the engine takes a free one.
      const bool choice = published->size() > 1 && target->size() == 1;
      out.set("published", Node::string(choice ? std::string(host) : std::to_string(published->first + i), item.at));
    }
    out.set("protocol", Node::string(lower(protocol), item.at));
    ports.push_back(std::move(out));
  }
  return ports;
}

Result<Node> longVolume(const Node& item) {
  const auto wrong = [&](std::string message) {
    return Error{Code::kInvalid, "The volume \"" + item.text + "\" " + std::move(message),
                 "write [SOURCE:]TARGET[:OPTIONS], such as \"./data:/data:ro\"", item.at};
  };
  const auto parts = split(item.text, ':');
  for (const auto part : parts) {
    if (part.empty()) return wrong("has an empty part between colons");
  }
  if (parts.size() > 3) return wrong("has too many colons");
  const std::string_view source = parts.size() > 1 ? parts[0] : std::string_view();
  const bool isBind = !source.empty() && std::string_view("./~").find(source[0]) != std::string_view::npos;
  Node out = Node::mapping(item.at);
  out.set("type", Node::string(isBind ? "bind" : "volume", item.at));
  if (!source.empty()) out.set("source", Node::string(std::string(source), item.at));
  out.set("target", Node::string(std::string(parts[parts.size() > 1 ? 1 : 0]), item.at));
  Node bind = Node::mapping(item.at);
  if (isBind) bind.set("create_host_path", flag(true, item.at));
  Node volume = Node::mapping(item.at);
  for (const auto option : parts.size() > 2 ? split(parts[2], ',') : std::vector<std::string_view>()) {
    if (option == "ro" || option == "rw") {
      out.set("read_only", flag(option == "ro", item.at));
    } else if (option == "nocopy") {
      volume.set("nocopy", flag(true, item.at));
    } else if (option == "z" || option == "Z") {
      bind.set("selinux", Node::string(std::string(option), item.at));
    } else if (option == "rprivate" || option == "private" || option == "rshared" || option == "shared" ||
               option == "rslave" || option == "slave") {
      bind.set("propagation", Node::string(std::string(option), item.at));
    } else if (option != "cached" && option != "delegated" && option != "consistent") {  // of Docker Desktop
      return wrong("has the unknown option \"" + std::string(option) + "\"");
    }
  }
  if (!bind.entries.empty()) out.set("bind", std::move(bind));
  if (!volume.entries.empty()) out.set("volume", std::move(volume));
  return out;
}

Result<Node> longDevice(const Node& item) {
  const auto parts = split(item.text, ':');
  if (parts.size() > 3 || parts[0].empty()) {
    return Error{Code::kInvalid, "The device \"" + item.text + "\" is not SOURCE[:TARGET[:PERMISSIONS]]",
                 "write it like \"/dev/ttyUSB0:/dev/ttyUSB0:rwm\"", item.at};
  }
  Node out = Node::mapping(item.at);
  out.set("source", Node::string(std::string(parts[0]), item.at));
  out.set("target", Node::string(std::string(parts.size() > 1 && !parts[1].empty() ? parts[1] : parts[0]), item.at));
  out.set("permissions", Node::string(parts.size() > 2 ? std::string(parts[2]) : "rwm", item.at));
  return out;
}

}  // namespace orbit::project
