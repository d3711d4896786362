#include "table/short_forms.h"

#include <unordered_map>

#include "base/text.h"
#include "table/words_check.h"

namespace orbit::table {
namespace {

using format::Node;

// `key: SCALAR` in place of the scalar.
void wrap(Node& node, std::string_view key) {
  Node mapping = Node::mapping(node.at);
  mapping.set(key, std::move(node));
  node = std::move(mapping);
}

bool isText(const Node& node) {
  return node.isScalar() && !node.isNull() && node.kind != Node::Kind::kBool;
}

std::string normalHost(std::string_view host) {
  if (host == "*") return "";
  if (endsWith(host, ".")) host.remove_suffix(1);
  return shortIpv6(lower(host));
}

// A name for a route that has none: its host and path, as far as a name may hold them.
std::string routeName(const model::TableRoute& route) {
  constexpr std::size_t kNameMax = 180;
  std::string name = ((route.host.empty() ? "*" : route.host) + route.path).substr(0, kNameMax);
  for (char& c : name) {
    if (c <= ' ' || c > '~' || std::string_view("\",;\\").find(c) != std::string_view::npos) c = '_';
  }
  return name;
}

}  // namespace

void lengthen(Node& node, const model::TableInstance&) {
  if (isText(node)) wrap(node, "address");
}

void lengthen(Node& node, const model::TableHealthCheck&) {
  if (isText(node)) wrap(node, "path");
}

void lengthen(Node& node, const model::TableRoute::Redirect&) {
  if (isText(node)) wrap(node, "to");
}

void lengthen(Node& node, const model::TableRoute::Respond&) {
  if (isText(node)) wrap(node, node.kind == Node::Kind::kInt ? "status" : "body");
}

// `maintenance: true`.
void lengthen(Node& node, const model::TableErrorPage&) {
  if (node.kind == Node::Kind::kBool && node.text == "true") node = Node::mapping(node.at);
  if (isText(node)) wrap(node, "body");
}

// `instances:` of a service that has one release.
void lengthen(Node& node, const model::TableService&) {
  if (!node.isMapping()) return;
  const Node* instances = node.find("instances");
  if (instances == nullptr || node.find("releases") != nullptr) return;
  Node release = Node::mapping(instances->at);
  release.set("instances", *instances);
  Node releases = Node::sequence(instances->at);
  releases.items.push_back(std::move(release));
  node.erase("instances");
  node.set("releases", std::move(releases));
}

void complete(model::TableService& service) {
  for (auto& release : service.releases) {
    if (release.id.empty() && service.releases.size() == 1) release.id = "default";
    for (auto& instance : release.instances) {
      if (instance.id.empty()) instance.id = instance.address;
    }
  }
}

void complete(model::RouteTable& table) {
  for (auto& listener : table.listeners) {
    if (listener.name.empty()) listener.name = listener.address;
  }
  for (auto& certificate : table.certificates) {
    for (auto& host : certificate.hosts) host = normalHost(host);
  }
  std::unordered_map<std::string, int> ids;
  for (auto& route : table.routes) {
    route.host = normalHost(route.host);
    if (!route.id.empty()) ++ids[route.id];
  }
  for (auto& route : table.routes) {
    if (!route.id.empty()) continue;
    const std::string name = routeName(route);
    route.id = name;
    for (int i = 2; ids.contains(route.id); ++i) route.id = name + "#" + std::to_string(i);
    ++ids[route.id];
  }
}

}  // namespace orbit::table
