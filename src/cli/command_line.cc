#include "cli/command_line.h"

#include "base/base.h"

namespace orbit::cli {
namespace {

constexpr std::size_t kArgumentsMax = 10'000;

Error wrongUsage(std::string message, std::string hint) {
  return Error{.code = Code::kInvalid, .message = std::move(message), .hint = std::move(hint)};
}

std::string helpHint(const Verb* verb) {
  return verb == nullptr ? "`orbit help` lists the commands" : "See `orbit help " + std::string(verb->name) + "`";
}

std::optional<bool> parseBool(std::string_view text) {
  if (text == "true" || text == "1" || text == "t" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "0" || text == "f" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

// One pass over argv; the verb's flags come before the global ones.
class Parser {
 public:
  explicit Parser(const std::vector<std::string>& arguments) : arguments_(arguments) {}

  Result<CommandLine> parse() {
    if (arguments_.size() > kArgumentsMax) return wrongUsage("Too many arguments", "");
    while (at_ < arguments_.size()) {
      const std::string& word = arguments_[at_];
      if (flagsEnded_ || word.size() < 2 || word[0] != '-') {
        ORBIT_TRY_STATUS(takeArgument());
      } else if (word == "--") {
        ++at_;
        flagsEnded_ = true;
      } else if (word[1] == '-') {
        ORBIT_TRY_STATUS(takeLong());
      } else {
        ORBIT_TRY_STATUS(takeShort());
      }
    }
    ORBIT_TRY_STATUS(checkArguments());
    return std::move(line_);
  }

 private:
  Status takeArgument() {
    const std::string& word = arguments_[at_++];
    if (line_.verb != nullptr) {
      line_.arguments.push_back(word);
      if (line_.verb->argumentsEndFlags) flagsEnded_ = true;
      return {};
    }
    // `edge check` before `edge`.
    if (at_ < arguments_.size()) line_.verb = findVerb(word + " " + arguments_[at_]);
    if (line_.verb != nullptr) {
      ++at_;
      return {};
    }
    line_.verb = findVerb(word);
    if (line_.verb != nullptr) return {};
    return unknownVerb(word);
  }

  Error unknownVerb(const std::string& word) const {
    std::vector<std::string_view> names;
    std::string group;
    for (const auto& verb : verbs()) {
      if (verb.summary.empty()) continue;
      names.push_back(verb.name);
      if (startsWith(verb.name, word + " ")) {
        group += (group.empty() ? "`orbit " : " or `orbit ") + std::string(verb.name) + "`";
      }
    }
    if (!group.empty()) return wrongUsage("`orbit " + word + "` needs one more word", "Use " + group);
    const auto instead = composeOnlyVerb(word);
    if (!instead.empty()) return wrongUsage("orbit has no '" + word + "' yet", std::string(instead));
    const auto near = nearest(word, names);
    if (near.empty()) return wrongUsage("Unknown command '" + word + "'", helpHint(nullptr));
    return wrongUsage("Unknown command '" + word + "'", "Did you mean `orbit " + std::string(near) + "`?");
  }

  // The flag that a name or letter means here.
  template <class Key>
  const Flag* lookUp(Key key) const {
    const Flag* flag = line_.verb == nullptr ? nullptr : findFlag(line_.verb->flags, key);
    if (flag == nullptr) flag = findFlag(globalFlags(), key);
    const bool beforeVerbOnly = flag != nullptr && flag->name == "version";
    return beforeVerbOnly && line_.verb != nullptr ? nullptr : flag;
  }

  Status takeLong() {
    const std::string word = arguments_[at_++];
    const auto equals = word.find('=');
    const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
    const Flag* flag = lookUp(std::string_view(name));
    if (flag == nullptr) return unknownFlag("--" + name, name);
    std::optional<std::string> value;
    if (equals != std::string::npos) value = word.substr(equals + 1);
    return store(*flag, "--" + name, std::move(value));
  }

  Status takeShort() {
    const std::string word = arguments_[at_++];
    for (std::size_t i = 1; i < word.size(); ++i) {
      const std::string shown = std::string("-") + word[i];
      const Flag* flag = lookUp(word[i]);
      if (flag == nullptr) return unknownFlag(shown, "");
      std::optional<std::string> value;
      const bool equals = i + 1 < word.size() && word[i + 1] == '=';
      if (equals || (flag->kind != Flag::Kind::kSwitch && i + 1 < word.size())) {
        value = word.substr(i + (equals ? 2 : 1));
      }
      const bool last = value.has_value();
      ORBIT_TRY_STATUS(store(*flag, shown, std::move(value)));
      if (last) break;
    }
    return {};
  }

  Error unknownFlag(const std::string& shown, const std::string& name) const {
    const std::string where = line_.verb == nullptr ? "orbit" : "orbit " + std::string(line_.verb->name);
    if (!name.empty() && isComposeOnlyFlag(name)) {
      return wrongUsage("`" + where + "` has no " + shown + " yet", helpHint(line_.verb));
    }
    std::string owners;
    for (const auto& verb : verbs()) {
      if (verb.summary.empty() || findFlag(verb.flags, std::string_view(name)) == nullptr) continue;
      owners += (owners.empty() ? "" : ", ") + ("`orbit " + std::string(verb.name) + "`");
    }
    if (!owners.empty()) {
      const std::string hint = line_.verb == nullptr ? "It stands after its command: " : "It belongs to ";
      return wrongUsage("Unknown flag " + shown + " for `" + where + "`", hint + owners);
    }
    std::vector<std::string_view> names;
    if (line_.verb != nullptr) {
      for (const auto& flag : line_.verb->flags) names.push_back(flag.name);
    }
    for (const auto& flag : globalFlags()) names.push_back(flag.name);
    const auto near = name.empty() ? std::string_view() : nearest(name, names);
    if (near.empty()) return wrongUsage("Unknown flag " + shown + " for `" + where + "`", helpHint(line_.verb));
    return wrongUsage("Unknown flag " + shown + " for `" + where + "`", "Did you mean --" + std::string(near) + "?");
  }

  Status store(const Flag& flag, const std::string& shown, std::optional<std::string> value) {
    if (flag.kind == Flag::Kind::kSwitch) {
      const auto parsed = parseBool(value.value_or("true"));
      if (!parsed)
        return wrongUsage(shown + " is on or off, not '" + *value + "'", "Write " + shown + " or " + shown + "=false");
      line_.add(flag.name, *parsed ? "true" : "false");
      return {};
    }
    if (!value) {
      if (at_ == arguments_.size()) {
        return wrongUsage(shown + " needs a value: " + shown + " " + std::string(flag.value), helpHint(line_.verb));
      }
      value = arguments_[at_++];
    }
    if (flag.kind == Flag::Kind::kNumber) {
      int number = 0;
      const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
      if (error != std::errc() || end != value->data() + value->size()) {
        return wrongUsage(shown + " needs a whole number, not '" + *value + "'", helpHint(line_.verb));
      }
    }
    line_.add(flag.name, std::move(*value));
    return {};
  }

  Status checkArguments() const {
    if (line_.verb == nullptr || line_.on("help")) return {};
    const auto count = static_cast<int>(line_.arguments.size());
    const std::string usage = "orbit " + std::string(line_.verb->name) + " " + std::string(line_.verb->usage);
    if (count < line_.verb->argumentsMin) {
      const std::string_view words = line_.verb->usage;
      const std::string_view what = startsWith(words, "FILE")    ? "a file"
                                    : endsWith(words, "RELEASE") ? "a release"
                                    : count == 0                 ? "a service"
                                                                 : "a command";
      return wrongUsage("`orbit " + std::string(line_.verb->name) + "` needs " + std::string(what), "Usage: " + usage);
    }
    if (line_.verb->argumentsMax >= 0 && count > line_.verb->argumentsMax) {
      return wrongUsage("`orbit " + std::string(line_.verb->name) + "` takes no '" +
                            line_.arguments[static_cast<std::size_t>(line_.verb->argumentsMax)] + "'",
                        "Usage: " + std::string(trim(usage)));
    }
    return {};
  }

  const std::vector<std::string>& arguments_;
  CommandLine line_;
  std::size_t at_ = 0;
  bool flagsEnded_ = false;
};

}  // namespace

void CommandLine::add(std::string_view flag, std::string value) {
  values_[std::string(flag)].push_back(std::move(value));
}

bool CommandLine::on(std::string_view flag, bool fallback) const {
  const auto found = values_.find(flag);
  return found == values_.end() ? fallback : found->second.back() == "true";
}

std::string CommandLine::text(std::string_view flag) const {
  const auto found = values_.find(flag);
  return found == values_.end() ? std::string() : found->second.back();
}

std::optional<int> CommandLine::number(std::string_view flag) const {
  const auto found = values_.find(flag);
  if (found == values_.end()) return std::nullopt;
  int value = 0;
  const std::string& text = found->second.back();
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string> CommandLine::list(std::string_view flag) const {
  const auto found = values_.find(flag);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

Result<CommandLine> parseCommandLine(const std::vector<std::string>& arguments) {
  return Parser(arguments).parse();
}

}  // namespace orbit::cli
