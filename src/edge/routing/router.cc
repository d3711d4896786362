#include "edge/routing/router.h"

#include <unordered_map>

#include "base/text.h"
#include "edge/routing/route.h"

namespace orbit::edge {
namespace {

// A host's routes stand in a tree of path segments, so that a match costs one look-up a segment however many routes
// there are. All hosts share one hash table of edges and one list of routes.
using NodeNumber = std::uint32_t;
constexpr NodeNumber kNone = ~0u;

struct Range {
  std::uint32_t first = 0, end = 0;  // in RouterIndex::ordered_
};

struct Node {
  NodeNumber parent = kNone;
  // Routes whose path ends with this node's segments: "=/a", "/a/" and "/a".
  Range exact, below, prefix;
};

struct Edge {
  NodeNumber from = kNone, to = kNone;
  std::string_view segment;
};

std::size_t hashOf(NodeNumber from, std::string_view segment) {
  return (std::hash<std::string_view>()(segment) ^ from) * 0x9E3779B97F4A7C15ull >> 20;
}

// A route's place while the tree is built: the kinds of a node in the order they are tried.
struct Place {
  NodeNumber node = 0;
  enum class Kind : std::uint8_t { kExact, kBelow, kPrefix } kind = Kind::kPrefix;
  std::uint32_t route = 0;
};

std::string portSuffix(const model::RouteTable& table) {
  for (const auto& listener : table.listeners) {
    if (listener.protocol != model::TableListener::Protocol::kHttps) continue;
    const std::string port = listener.address.substr(listener.address.rfind(':') + 1);
    return port == "443" ? "" : ":" + port;
  }
  return "";
}

class RouterIndex final : public Router {
 public:
  Status add(const model::RouteTable& table) {
    const std::string httpsPort = portSuffix(table);
    routes_.reserve(table.routes.size());
    places_.reserve(table.routes.size());
    edges_.resize(16);
    for (const auto& route : table.routes) {
      const auto number = static_cast<std::uint32_t>(routes_.size());
      ORBIT_TRY(auto compiled, CompiledRoute::compile(route, number, httpsPort));
      routes_.push_back(std::move(compiled));
      place(route, number);
    }
    arrange();
    return {};
  }

  const CompiledRoute* match(const http::RequestIndex& request) const override {
    const NodeNumber root = rootOf(request.at(request.host));
    if (root == kNone) return nullptr;
    std::string_view rest = request.at(request.path);
    if (rest == "*") rest = "/";
    NodeNumber at = root;
    // `rest` begins with the "/" after the segments that `at` stands for.
    while (!rest.empty()) {
      const auto end = std::min(rest.find('/', 1), rest.size());
      const NodeNumber next = child(at, rest.substr(1, end - 1));
      if (next == kNone) break;
      at = next;
      rest.remove_prefix(end);
    }
    bool ends = rest.empty();
    for (; at != kNone; at = nodes_[at].parent, ends = false) {
      const Node& node = nodes_[at];
      if (const auto* route = ends ? first(node.exact, request) : first(node.below, request)) return route;
      if (const auto* route = first(node.prefix, request)) return route;
    }
    return nullptr;
  }

  std::size_t size() const override { return routes_.size(); }

 private:
  NodeNumber rootOf(std::string_view host) const {
    if (const auto found = hosts_.find(host); found != hosts_.end()) return found->second;
    if (!wildcards_.empty()) {
      for (auto dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
        if (const auto found = wildcards_.find(host.substr(dot + 1)); found != wildcards_.end()) return found->second;
      }
    }
    return anyHost_;
  }

  NodeNumber child(NodeNumber from, std::string_view segment) const {
    const std::size_t mask = edges_.size() - 1;
    for (std::size_t i = hashOf(from, segment) & mask;; i = (i + 1) & mask) {
      const Edge& edge = edges_[i];
      if (edge.to == kNone) return kNone;
      if (edge.from == from && edge.segment == segment) return edge.to;
    }
  }

  const CompiledRoute* first(const Range& range, const http::RequestIndex& request) const {
    for (std::uint32_t i = range.first; i < range.end; ++i) {
      const CompiledRoute& route = routes_[ordered_[i]];
      if (route.accepts(request)) return &route;
    }
    return nullptr;
  }

  NodeNumber newNode(NodeNumber parent) {
    nodes_.push_back({.parent = parent, .exact = {}, .below = {}, .prefix = {}});
    return static_cast<NodeNumber>(nodes_.size() - 1);
  }

  NodeNumber& rootSlot(std::string_view host) {
    if (host.empty()) return anyHost_;
    auto& map = startsWith(host, "*.") ? wildcards_ : hosts_;
    return map.try_emplace(startsWith(host, "*.") ? host.substr(2) : host, kNone).first->second;
  }

  NodeNumber obtainChild(NodeNumber from, std::string_view segment) {
    if (const NodeNumber found = child(from, segment); found != kNone) return found;
    if (nodes_.size() * 2 > edges_.size()) grow();
    const NodeNumber to = newNode(from);
    insert({from, to, segment});
    return to;
  }

  void insert(const Edge& edge) {
    const std::size_t mask = edges_.size() - 1;
    std::size_t i = hashOf(edge.from, edge.segment) & mask;
    while (edges_[i].to != kNone) i = (i + 1) & mask;
    edges_[i] = edge;
  }

  void grow() {
    std::vector<Edge> before(edges_.size() * 4);
    before.swap(edges_);
    for (const auto& edge : before) {
      if (edge.to != kNone) insert(edge);
    }
  }

  void place(const model::TableRoute& route, std::uint32_t number) {
    NodeNumber& root = rootSlot(route.host);
    if (root == kNone) root = newNode(kNone);
    std::string_view path = route.path;
    auto kind = Place::Kind::kPrefix;
    if (startsWith(path, "=")) {
      path.remove_prefix(1);
      kind = Place::Kind::kExact;
    } else if (endsWith(path, "/")) {
      path.remove_suffix(1);
      kind = Place::Kind::kBelow;
    }
    NodeNumber at = root;
    while (!path.empty()) {
      const auto end = std::min(path.find('/', 1), path.size());
      at = obtainChild(at, path.substr(1, end - 1));
      path.remove_prefix(end);
    }
    places_.push_back({at, kind, number});
  }

  // Puts the routes of each node and kind side by side, in the order they are tried.
  void arrange() {
    std::sort(places_.begin(), places_.end(), [&](const Place& a, const Place& b) {
      const auto key = [&](const Place& place) {
        return std::tuple(place.node, place.kind, ~routes_[place.route].conditions(), place.route);
      };
      return key(a) < key(b);
    });
    ordered_.reserve(places_.size());
    for (const auto& place : places_) {
      Node& node = nodes_[place.node];
      Range& range = place.kind == Place::Kind::kExact   ? node.exact
                     : place.kind == Place::Kind::kBelow ? node.below
                                                         : node.prefix;
      const auto position = static_cast<std::uint32_t>(ordered_.size());
      if (range.end == 0) range.first = position;
      range.end = position + 1;
      ordered_.push_back(place.route);
    }
    places_ = {};
  }

  std::vector<CompiledRoute> routes_;
  std::vector<std::uint32_t> ordered_;  // places in routes_
  std::vector<Node> nodes_;
  std::vector<Edge> edges_;                                             // open addressing, at most half full
  std::unordered_map<std::string_view, NodeNumber> hosts_, wildcards_;  // to roots; a wildcard without its "*."
  NodeNumber anyHost_ = kNone;
  std::vector<Place> places_;
};

}  // namespace

Result<std::unique_ptr<const Router>> Router::build(const model::RouteTable& table) {
  auto index = std::make_unique<RouterIndex>();
  ORBIT_TRY_STATUS(index->add(table));
  return std::unique_ptr<const Router>(std::move(index));
}

}  // namespace orbit::edge
