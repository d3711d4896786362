#include "base/text.h"
#include "format/scalar.h"
#include "format/utf8.h"
#include "format/yaml.h"

namespace orbit::format {
namespace {

bool isPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7f && byte < 0x80;
  });
}

// A string that reads back as itself without quotes, in block context and as a key.
bool isPlain(std::string_view text) {
  if (text.empty() || !isPrintable(text) || plainKind(text) != Node::Kind::kString) return false;
  if (text.front() == ' ' || text.back() == ' ' || text == "<<" || startsWith(text, "---") || startsWith(text, "...")) {
    return false;
  }
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`=").find(text.front()) != std::string_view::npos) return false;
  // Words that YAML 1.1 readers take as booleans.
  const std::string low = lower(text);
  for (const auto word : {"y", "n", "yes", "no", "on", "off"}) {
    if (low == word) return false;
  }
  // YAML 1.1 readers take 22:22 as a number in base 60.
  if (text.find_first_not_of("0123456789:_.+-") == std::string_view::npos) return false;
  return text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos && text.back() != ':';
}

// Bytes that are no UTF-8 (a shell variable may hold some) become U+FFFD.
std::string asUtf8(std::string_view text) {
  std::string out;
  for (auto bad = invalidUtf8(text); bad != std::string_view::npos; bad = invalidUtf8(text)) {
    out.append(text.substr(0, bad)).append("\xEF\xBF\xBD");
    text.remove_prefix(bad + 1);
  }
  return out.append(text);
}

std::string quote(std::string_view raw) {
  const std::string text = asUtf8(raw);
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte == 0x7f) {
      out.append("\\x").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    } else {
      out += c;
    }
  }
  // Line breaks of Unicode and the byte order mark would not survive in quotes.
  for (const auto& [written, escaped] : {std::pair{"\xC2\x85", "\\N"}, std::pair{"\xE2\x80\xA8", "\\L"},
                                         std::pair{"\xE2\x80\xA9", "\\P"}, std::pair{"\xEF\xBB\xBF", "\\uFEFF"}}) {
    for (auto at = out.find(written); at != std::string::npos; at = out.find(written, at)) {
      out.replace(at, std::strlen(written), escaped);
    }
  }
  return out + "\"";
}

// Lines worth a literal block: several, printable, and nothing that needs an indentation indicator.
bool isBlock(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.front() == '\n' || text.front() == ' ') return false;
  if (endsWith(text, "\n\n")) return false;
  for (const auto line : split(text, '\n')) {
    if (!isPrintable(line) || endsWith(line, " ")) return false;
  }
  return true;
}

class Writer {
 public:
  // After "key:" or "-", on the same line.
  void value(const Node& node, int indent, bool inSequence) {
    if (!node.tag.empty()) out_ += " " + tagText(node.tag);
    if (node.isMapping() && !node.entries.empty()) {
      if (inSequence && node.tag.empty()) {
        out_ += ' ';
        mapping(node, indent, true);
      } else {
        out_ += '\n';
        mapping(node, indent, false);
      }
    } else if (node.isSequence() && !node.items.empty()) {
      out_ += '\n';
      sequence(node, indent);
    } else {
      out_ += ' ';
      leaf(node, indent);
    }
  }

  void document(const Node& node) {
    rootIsLeaf_ = node.isScalar();
    if (!node.tag.empty()) {
      out_ = "---";
      value(node, node.isScalar() ? 2 : 0, false);
    } else if (node.isMapping() && !node.entries.empty()) {
      mapping(node, 0, false);
    } else if (node.isSequence() && !node.items.empty()) {
      sequence(node, 0);
    } else {
      leaf(node, 2);
    }
  }
  std::string take() && { return std::move(out_); }

 private:
  static std::string tagText(const std::string& tag) {
    const bool isShort =
        tag.size() > 1 && tag[0] == '!' && std::all_of(tag.begin() + 1, tag.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        });
    if (isShort) return tag;
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string out = "!<";
    for (const char c : tag) {
      const auto byte = static_cast<unsigned char>(c);
      const bool isUri =
          byte > 0x20 && byte < 0x7f && std::string_view("%<>\"\\^`{|}[]").find(c) == std::string_view::npos;
      if (isUri) {
        out += c;
      } else {
        out.append(1, '%').append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
      }
    }
    return out + ">";
  }

  void mapping(const Node& node, int indent, bool firstInline) {
    for (const auto& entry : node.entries) {
      if (!firstInline) out_.append(static_cast<std::size_t>(indent), ' ');
      firstInline = false;
      out_ += isPlain(entry.key) ? entry.key : quote(entry.key);
      out_ += ':';
      value(entry.value, indent + 2, false);
    }
  }

  void sequence(const Node& node, int indent) {
    for (const auto& item : node.items) {
      out_.append(static_cast<std::size_t>(indent), ' ');
      out_ += '-';
      value(item, indent + 2, true);
    }
  }

  void leaf(const Node& node, int indent) {
    switch (node.kind) {
      case Node::Kind::kMapping:
        out_ += "{}\n";
        return;
      case Node::Kind::kSequence:
        out_ += "[]\n";
        return;
      case Node::Kind::kNull:
        out_ += "null\n";
        return;
      case Node::Kind::kString:
        break;
      default:
        out_ += node.text + "\n";
        return;
    }
    // A block as a document of its own does not read back (yaml.cc).
    if (rootIsLeaf_ || !isBlock(node.text)) {
      out_ += (isPlain(node.text) ? node.text : quote(node.text)) + "\n";
      return;
    }
    const bool ends = endsWith(node.text, "\n");
    out_ += ends ? "|\n" : "|-\n";
    const std::string_view body(node.text.data(), node.text.size() - (ends ? 1 : 0));
    for (const auto line : split(body, '\n')) {
      if (!line.empty()) out_.append(static_cast<std::size_t>(indent), ' ').append(line);
      out_ += '\n';
    }
  }

  std::string out_;
  bool rootIsLeaf_ = false;
};

}  // namespace

std::string dumpYaml(const Node& node) {
  Writer writer;
  writer.document(node);
  return std::move(writer).take();
}

}  // namespace orbit::format
