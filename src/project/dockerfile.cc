#include "project/dockerfile.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/base.h"
#include "format/dotenv.h"

namespace orbit::project {
namespace {

constexpr std::size_t kStagesMax = 256;

struct Instruction {
  int line = 0;
  std::string word;  // upper case
  std::string rest;
};

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

// The words that end here-documents of a RUN or COPY line: <<EOF, <<-"EOF".
std::vector<std::string> hereDocuments(std::string_view line) {
  std::vector<std::string> ends;
  for (std::size_t at = line.find("<<"); at != std::string_view::npos; at = line.find("<<", at)) {
    at += 2;
    while (at < line.size() && (line[at] == '-' || line[at] == '"' || line[at] == '\'')) ++at;
    std::size_t end = at;
    while (end < line.size() && (std::isalnum(static_cast<unsigned char>(line[end])) != 0 || line[end] == '_')) ++end;
    if (end > at) ends.emplace_back(line.substr(at, end - at));
    at = end;
  }
  return ends;
}

class Lines {
 public:
  explicit Lines(std::string_view text) : lines_(split(text, '\n')) {
    for (const auto line : lines_) {
      const std::string directive = lower(trim(line));
      if (!startsWith(directive, "#")) break;
      if (directive.find("escape=`") != std::string::npos) escape_ = '`';
    }
  }

  std::optional<Instruction> next() {
    while (at_ < lines_.size()) {
      const auto line = trim(lines_[at_]);
      if (line.empty() || startsWith(line, "#")) {
        ++at_;
        continue;
      }
      Instruction out;
      out.line = static_cast<int>(at_) + 1;
      const std::string whole = logicalLine();
      const auto space = whole.find_first_of(" \t");
      out.word = upper(whole.substr(0, space));
      out.rest = space == std::string::npos ? "" : std::string(trim(whole.substr(space)));
      if (out.word == "RUN" || out.word == "COPY" || out.word == "ADD") takeHereDocuments(out.rest);
      return out;
    }
    return std::nullopt;
  }

 private:
  // Joins lines that end in the escape character; comments in between are skipped.
  std::string logicalLine() {
    std::string whole;
    while (at_ < lines_.size()) {
      const auto line = trim(lines_[at_++]);
      if (!whole.empty() && (line.empty() || startsWith(line, "#"))) continue;
      if (line.empty() || line.back() != escape_) return whole.append(line);
      whole.append(line.substr(0, line.size() - 1)).append(" ");
    }
    return whole;
  }

  void takeHereDocuments(std::string& rest) {
    for (const auto& end : hereDocuments(rest)) {
      while (at_ < lines_.size()) {
        const auto line = trim(lines_[at_++]);
        if (line == end) break;
        rest.append("\n").append(line);
      }
    }
  }

  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
  char escape_ = '\\';
};

using Arguments = std::map<std::string, std::string, std::less<>>;

std::string expanded(std::string_view text, const Arguments& arguments) {
  const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = arguments.find(name);
    return found == arguments.end() ? std::nullopt : std::optional(found->second);
  };
  auto out = format::interpolate(text, lookup, [](std::string_view) {});
  return out.ok() ? std::move(out).value() : std::string(text);
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = text.find_first_not_of(" \t"); at != std::string_view::npos;
       at = text.find_first_not_of(" \t", at)) {
    const auto end = std::min(text.find_first_of(" \t", at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

void takeArgument(std::string_view rest, Arguments& arguments) {
  for (const auto word : words(rest)) {
    const auto equals = word.find('=');
    if (equals == std::string_view::npos) continue;
    auto value = word.substr(equals + 1);
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front()) {
      value = value.substr(1, value.size() - 2);
    }
    arguments[std::string(word.substr(0, equals))] = expanded(value, arguments);
  }
}

std::optional<Stage> takeFrom(const Instruction& instruction, const Arguments& arguments) {
  std::vector<std::string_view> parts = words(instruction.rest);
  while (!parts.empty() && startsWith(parts.front(), "--")) parts.erase(parts.begin());
  if (parts.empty()) return std::nullopt;
  Stage stage;
  stage.line = instruction.line;
  stage.image = expanded(parts[0], arguments);
  if (parts.size() >= 3 && lower(parts[1]) == "as") stage.name = lower(parts[2]);
  return stage;
}

void takeCopy(const Instruction& instruction, Stage& stage) {
  Stage::Copy copy;
  const auto parts = words(instruction.rest);
  for (const auto part : parts) {
    constexpr std::string_view kFrom = "--from=";
    if (startsWith(part, kFrom)) copy.from = part.substr(kFrom.size());
  }
  if (copy.from.empty() || parts.empty()) return;
  copy.target = parts.back();
  copy.target.erase(std::remove_if(copy.target.begin(), copy.target.end(), [](char c) { return c == '"' || c == ']'; }),
                    copy.target.end());
  stage.copies.push_back(std::move(copy));
}

void takeExpose(std::string_view rest, Stage& stage) {
  constexpr std::size_t kExposedMax = 64;
  constexpr int kPortMax = 65535;
  for (const auto word : words(rest)) {
    const auto slash = word.find('/');
    if (slash != std::string_view::npos && lower(word.substr(slash + 1)) != "tcp") continue;
    int port = 0;
    const auto digits = word.substr(0, slash);
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    const bool whole = fault == std::errc() && end == digits.data() + digits.size();
    if (whole && port > 0 && port <= kPortMax && stage.exposes.size() < kExposedMax) stage.exposes.push_back(port);
  }
}

}  // namespace

Dockerfile parseDockerfile(std::string_view text) {
  Dockerfile file;
  Arguments arguments;
  Lines lines(text);
  while (const auto instruction = lines.next()) {
    if (instruction->word == "FROM") {
      auto stage = takeFrom(*instruction, arguments);
      if (stage && file.stages.size() < kStagesMax) file.stages.push_back(std::move(*stage));
    } else if (file.stages.empty()) {
      if (instruction->word == "ARG") takeArgument(instruction->rest, arguments);
    } else if (instruction->word == "COPY") {
      takeCopy(*instruction, file.stages.back());
    } else if (instruction->word == "RUN") {
      file.stages.back().runs.push_back(instruction->rest);
    } else if (instruction->word == "ARG") {
      for (const auto word : words(instruction->rest)) {
        file.stages.back().arguments.emplace_back(word.substr(0, word.find('=')));
      }
    } else if (instruction->word == "EXPOSE") {
      takeExpose(expanded(instruction->rest, arguments), file.stages.back());
    }
  }
  return file;
}

const Stage* findStage(const Dockerfile& file, std::string_view target) {
  if (file.stages.empty()) return nullptr;
  if (target.empty()) return &file.stages.back();
  const std::string name = lower(target);
  for (const auto& stage : file.stages) {
    if (stage.name == name) return &stage;
  }
  std::size_t number = 0;
  const auto [end, fault] = std::from_chars(target.data(), target.data() + target.size(), number);
  if (fault != std::errc() || end != target.data() + target.size() || number >= file.stages.size()) return nullptr;
  return &file.stages[number];
}

std::vector<const Stage*> stageChain(const Dockerfile& file, std::string_view target) {
  std::vector<const Stage*> chain;
  const Stage* stage = findStage(file, target);
  while (stage != nullptr) {
    chain.push_back(stage);
    const std::string base = lower(stage->image);
    const Stage* next = nullptr;
    for (const auto& earlier : file.stages) {
      if (&earlier == stage) break;
      if (!earlier.name.empty() && earlier.name == base) next = &earlier;
    }
    stage = next;
  }
  return chain;
}

std::vector<int> exposedPorts(const Dockerfile& file, std::string_view target) {
  std::vector<int> ports;
  for (const Stage* stage : stageChain(file, target)) {
    for (const int port : stage->exposes) {
      if (std::find(ports.begin(), ports.end(), port) == ports.end()) ports.push_back(port);
    }
  }
  return ports;
}

bool declaresArgument(const Dockerfile& file, std::string_view name) {
  return std::any_of(file.stages.begin(), file.stages.end(), [&](const Stage& stage) {
    return std::find(stage.arguments.begin(), stage.arguments.end(), name) != stage.arguments.end();
  });
}

}  // namespace orbit::project
