#include "format/yaml.h"

#include <libfyaml.h>

#include <unordered_set>

#include "base/text.h"
#include "format/scalar.h"
#include "format/utf8.h"

// libfyaml 0.7.12 forgets up to 2 KiB when a quoted scalar ends in an error; only the leak checker minds.
#if defined(__SANITIZE_ADDRESS__) || defined(ORBIT_FUZZING)
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libfyaml\n";
}
#endif

namespace orbit::format {
namespace {

constexpr std::size_t kTextMax = 4u << 20;
constexpr std::size_t kDepthMax = 100;
constexpr std::size_t kNodesMax = 500'000;
constexpr std::size_t kBytesMax = 64u << 20;  // of scalars, after aliases
constexpr std::size_t kEntriesMax = 20'000;   // in one mapping: looking up a key is linear

// What a finished node weighs, so that an alias of it can be refused before it is copied.
struct Weight {
  std::size_t nodes = 1;
  std::size_t bytes = 0;
  std::size_t depth = 1;
  void add(const Weight& child) {
    nodes += child.nodes;
    bytes += child.bytes;
    depth = std::max(depth, child.depth + 1);
  }
};

struct Anchor {
  Node node;
  Weight weight;
};

// A collection that is still open.
struct Frame {
  Node node;
  Weight weight;
  std::string anchor;
  bool hasKey = false;
  bool isMerge = false;
  std::string key;
  Location keyAt;
  std::unordered_set<std::string> keys;
  std::vector<Node> merged;  // values of `<<`
};

std::string tokenText(fy_token* token) {
  std::size_t size = 0;
  const char* text = token == nullptr ? nullptr : fy_token_get_text(token, &size);
  return text == nullptr ? std::string() : std::string(text, size);
}

// Builds trees from the parser's events; every limit is looked after here.
class Builder {
 public:
  explicit Builder(const std::string& name) : name_(name) {}

  Status take(fy_event* event) {
    switch (event->type) {
      case FYET_DOCUMENT_START:
        anchors_.clear();
        return {};
      case FYET_MAPPING_START:
        return open(event, Node::mapping(locate(event)));
      case FYET_SEQUENCE_START:
        return open(event, Node::sequence(locate(event)));
      case FYET_MAPPING_END:
      case FYET_SEQUENCE_END:
        return close();
      case FYET_SCALAR:
        return scalar(event);
      case FYET_ALIAS:
        return alias(event);
      default:
        return {};
    }
  }
  std::vector<Node> takeDocuments() && { return std::move(documents_); }

 private:
  Location locate(fy_event* event) {
    if (const fy_mark* mark = fy_event_start_mark(event)) {
      last_ = {name_, mark->line + 1, mark->column + 1};
      // The marks of quoted scalars and aliases stand behind the quote or the asterisk.
      const auto style = event->type == FYET_SCALAR ? fy_event_get_node_style(event) : FYNS_ANY;
      if (event->type == FYET_ALIAS || style == FYNS_SINGLE_QUOTED || style == FYNS_DOUBLE_QUOTED) --last_.column;
    }
    return last_;
  }

  Status fail(Code code, std::string message, std::string hint, Location at) const {
    return Error{code, std::move(message), std::move(hint), std::move(at)};
  }

  bool wantsKey() const { return !frames_.empty() && frames_.back().node.isMapping() && !frames_.back().hasKey; }

  Status open(fy_event* event, Node node) {
    if (frames_.size() >= kDepthMax) return tooDeep(node.at);
    if (wantsKey()) {
      return fail(Code::kInvalid, "A key must be a plain value, not " + std::string(kindName(node.kind)),
                  "a value like ${NAME} or {{name}} needs quotes", node.at);
    }
    Frame frame;
    frame.anchor = tokenText(fy_event_get_anchor_token(event));
    node.tag = appTag(event);
    frame.node = std::move(node);
    frames_.push_back(std::move(frame));
    return {};
  }

  Status close() {
    ORBIT_CHECK(!frames_.empty());
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    for (auto& source : frame.merged) {
      for (auto& entry : source.entries) {
        if (!frame.keys.insert(entry.key).second) continue;
        frame.node.entries.push_back(std::move(entry));
      }
    }
    if (frame.node.entries.size() > kEntriesMax) {
      return fail(Code::kLimit, "The mapping has more than " + std::to_string(kEntriesMax) + " keys", "",
                  frame.node.at);
    }
    return finish(std::move(frame.node), frame.weight, frame.anchor);
  }

  // The tag when it is the application's own ("!reset"), else "".
  static std::string appTag(fy_event* event) {
    std::string tag = tokenText(fy_event_get_tag_token(event));
    return tag == "!" || startsWith(tag, "tag:yaml.org,2002:") ? "" : tag;
  }

  Status scalar(fy_event* event) {
    Node node;
    node.at = locate(event);
    node.text = tokenText(fy_event_get_token(event));
    const auto style = fy_event_get_node_style(event);
    node.quoted = style != FYNS_PLAIN && style != FYNS_ANY;
    // libfyaml 0.7.12 reads the text of a block scalar without indentation wrong (too short, or bytes nobody wrote).
    if ((style == FYNS_FOLDED || style == FYNS_LITERAL) && frames_.empty()) {
      return fail(Code::kUnsupported, "A block text (\"|\" or \">\") cannot be a document of its own", "quote it",
                  node.at);
    }
    const std::string tag = tokenText(fy_event_get_tag_token(event));
    node.tag = appTag(event);
    if (node.quoted || (!tag.empty() && node.tag.empty())) {
      node.kind = Node::Kind::kString;
      for (const auto& [suffix, kind] : {std::pair{"null", Node::Kind::kNull}, std::pair{"bool", Node::Kind::kBool},
                                         std::pair{"int", Node::Kind::kInt}, std::pair{"float", Node::Kind::kFloat}}) {
        const auto own = plainKind(node.text);
        const bool fits = own == kind || (kind == Node::Kind::kFloat && own == Node::Kind::kInt);
        if (tag == std::string("tag:yaml.org,2002:") + suffix && fits) node.kind = kind;
      }
    } else {
      node.kind = plainKind(node.text);
    }
    if (wantsKey()) return key(std::move(node));
    if (node.kind == Node::Kind::kNull) node.text.clear();
    if (node.kind == Node::Kind::kBool) node.text = lower(node.text);
    Weight weight;
    weight.bytes = node.text.size();
    return finish(std::move(node), weight, tokenText(fy_event_get_anchor_token(event)));
  }

  Status key(Node node) {
    Frame& frame = frames_.back();
    if (node.isNull() && node.text.empty()) {
      return fail(Code::kInvalid, "A key is missing before \":\"", "write `key: value`", node.at);
    }
    frame.isMerge = !node.quoted && node.text == "<<";
    if (!frame.isMerge && !frame.keys.insert(node.text).second) {
      int line = 0;
      for (const auto& entry : frame.node.entries) {
        if (entry.key == node.text) line = entry.keyAt.line;
      }
      return fail(Code::kInvalid, "The key \"" + node.text + "\" is given twice in one mapping",
                  "it stands on line " + std::to_string(line) + " already; keep one of them", node.at);
    }
    frame.hasKey = true;
    frame.key = std::move(node.text);
    frame.keyAt = std::move(node.at);
    return {};
  }

  Status alias(fy_event* event) {
    const Location at = locate(event);
    const std::string anchor = tokenText(fy_event_get_token(event));
    for (const auto& frame : frames_) {
      if (frame.anchor == anchor) {
        return fail(Code::kInvalid, "The alias \"*" + anchor + "\" stands inside its own anchor", "", at);
      }
    }
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      return fail(Code::kInvalid, "The alias \"*" + anchor + "\" has no anchor \"&" + anchor + "\" before it",
                  "define the anchor above its first use, or quote the value if a literal \"*\" is meant", at);
    }
    if (frames_.size() + found->second.weight.depth > kDepthMax) return tooDeep(at);
    if (wantsKey()) {
      if (!found->second.node.isScalar()) return fail(Code::kInvalid, "A key must be a plain value", "", at);
      Node node = found->second.node;
      node.at = at;
      return key(std::move(node));
    }
    // Weighed before it is copied.
    if (Status status = weigh(found->second.weight, at); !status.ok()) return status;
    return place(Node(found->second.node), found->second.weight);
  }

  Status weigh(const Weight& weight, const Location& at) {
    nodes_ += weight.nodes;
    bytes_ += weight.bytes;
    if (nodes_ <= kNodesMax && bytes_ <= kBytesMax) return {};
    return fail(Code::kLimit, "The file grows past " + std::to_string(kNodesMax) + " values or 64 MiB of text",
                "aliases that repeat aliases multiply; write less of them", at);
  }

  Status tooDeep(const Location& at) const {
    return fail(Code::kLimit, "The file is nested deeper than " + std::to_string(kDepthMax) + " levels", "", at);
  }

  Status finish(Node node, const Weight& weight, const std::string& anchor) {
    if (!anchor.empty()) {
      // The copy under the anchor counts too.
      if (Status status = weigh(weight, node.at); !status.ok()) return status;
      anchors_[anchor] = {node, weight};
    }
    // Children were counted when they were placed.
    if (Status status = weigh(Weight{1, node.isScalar() ? weight.bytes : 0, 1}, node.at); !status.ok()) return status;
    return place(std::move(node), weight);
  }

  Status place(Node node, const Weight& weight) {
    if (frames_.empty()) {
      documents_.push_back(std::move(node));
      return {};
    }
    Frame& frame = frames_.back();
    frame.weight.add(weight);
    if (frame.node.isSequence()) {
      frame.node.items.push_back(std::move(node));
      return {};
    }
    frame.hasKey = false;
    if (frame.isMerge) return merge(frame, std::move(node));
    frame.weight.bytes += frame.key.size();
    frame.node.entries.push_back({std::move(frame.key), std::move(frame.keyAt), std::move(node)});
    return {};
  }

  Status merge(Frame& frame, Node node) {
    if (node.isMapping()) {
      frame.merged.push_back(std::move(node));
      return {};
    }
    bool allMappings = node.isSequence();
    for (const auto& item : node.items) allMappings = allMappings && item.isMapping();
    if (!allMappings) {
      return fail(Code::kInvalid,
                  "The merge key \"<<\" takes a mapping or a list of mappings, not " + std::string(kindName(node.kind)),
                  "write `<<: *anchor`", frame.keyAt);
    }
    for (auto& item : node.items) frame.merged.push_back(std::move(item));
    return {};
  }

  const std::string& name_;
  Location last_;
  std::vector<Frame> frames_;
  std::map<std::string, Anchor> anchors_;
  std::vector<Node> documents_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
};

std::string_view lineOf(std::string_view text, int line) {
  for (int i = 1; i < line; ++i) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

Location placeOf(std::string_view text, std::size_t offset, const std::string& name) {
  const auto before = text.substr(0, offset);
  const auto newline = before.rfind('\n');
  const auto column = newline == std::string_view::npos ? offset : offset - newline - 1;
  return {name, static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1, static_cast<int>(column) + 1};
}

std::string hintFor(std::string_view line, std::string_view message) {
  const auto indent = line.substr(0, line.find_first_not_of(" \t"));
  if (indent.find('\t') != std::string_view::npos) return "indent with spaces; YAML allows no tabs there";
  const auto says = [&](std::string_view words) { return message.find(words) != std::string_view::npos; };
  if (says("nested block mapping")) return "a value that holds \": \" needs quotes";
  if (says("cannot start with")) return "put the value in quotes";
  return "check the indentation and the quotes of this line and the one above";
}

Error firstError(fy_parser* parser, fy_diag* diag, std::string_view text, const std::string& name) {
  static_cast<void>(parser);
  Error error{Code::kInvalid, "This is not valid YAML", "", {name, 0, 0}};
  void* cursor = nullptr;
  if (const fy_diag_error* first = fy_diag_errors_iterate(diag, &cursor)) {
    const std::string message = first->msg == nullptr ? "" : std::string(trim(first->msg));
    error.message = "This is not valid YAML: " + message;
    error.at = {name, std::max(first->line, 1), std::max(first->column, 1)};
    error.hint = hintFor(lineOf(text, error.at.line), message);
  }
  return error;
}

}  // namespace

Result<std::vector<Node>> parseYamlAll(std::string_view text, const std::string& name) {
  if (text.size() > kTextMax) {
    return Error{Code::kLimit, "The file is larger than 4 MiB", "", {name, 0, 0}};
  }
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return Error{Code::kInvalid, "The file holds a zero byte, so it is no text", "save it as UTF-8",
                 placeOf(text, nul, name)};
  }
  if (const auto bad = invalidUtf8(text); bad != std::string_view::npos) {
    return Error{Code::kInvalid, "The file is not UTF-8 text", "save it as UTF-8", placeOf(text, bad, name)};
  }
  fy_diag_cfg diagConfig;
  fy_diag_cfg_default(&diagConfig);
  diagConfig.fp = nullptr;
  diagConfig.output_fn = [](fy_diag*, void*, const char*, std::size_t) {};
  const std::unique_ptr<fy_diag, void (*)(fy_diag*)> diag(fy_diag_create(&diagConfig), fy_diag_destroy);
  ORBIT_CHECK(diag != nullptr);
  fy_diag_set_collect_errors(diag.get(), true);
  fy_parse_cfg config{};
  config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_DISABLE_DEPTH_LIMIT);
  config.diag = diag.get();
  const std::unique_ptr<fy_parser, void (*)(fy_parser*)> parser(fy_parser_create(&config), fy_parser_destroy);
  ORBIT_CHECK(parser != nullptr);
  if (fy_parser_set_string(parser.get(), text.data(), text.size()) != 0) {
    return Error{Code::kInternal, "libfyaml refused the text", "", {name, 0, 0}};
  }
  Builder builder(name);
  for (;;) {
    const auto release = [&](fy_event* event) { fy_parser_event_free(parser.get(), event); };
    const std::unique_ptr<fy_event, decltype(release)> event(fy_parser_parse(parser.get()), release);
    if (event == nullptr) {
      if (fy_parser_get_stream_error(parser.get())) return firstError(parser.get(), diag.get(), text, name);
      break;
    }
    if (Status status = builder.take(event.get()); !status.ok()) return std::move(status).error();
    if (event->type == FYET_STREAM_END) break;
  }
  return std::move(builder).takeDocuments();
}

Result<Node> parseYaml(std::string_view text, const std::string& name) {
  ORBIT_TRY(auto documents, parseYamlAll(text, name));
  if (documents.empty()) {
    Node node;
    node.at = {name, 1, 1};
    return node;
  }
  if (documents.size() > 1) {
    return Error{Code::kInvalid, "The file holds more than one YAML document",
                 "remove the \"---\" lines or split the file", documents[1].at};
  }
  return std::move(documents[0]);
}

}  // namespace orbit::format
