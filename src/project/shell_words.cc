#include "project/shell_words.h"

namespace orbit::project {
namespace {

Error unfinished(char quote) {
  return {.code = Code::kInvalid,
          .message = std::string("the command has a ") + quote + " that is never closed",
          .hint = "close it, or write the command as a list: [\"sh\", \"-c\", \"…\"]"};
}

}  // namespace

Result<std::vector<std::string>> splitWords(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool inWord = false;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == '\'') {
      if (c == '\'') quote = 0;
      if (c != '\'') word += c;
    } else if (c == '\\') {
      if (i + 1 == line.size()) return unfinished('\\');
      const char next = line[++i];
      if (quote == '"' && next != '"' && next != '\\' && next != '$' && next != '`' && next != '\n') word += '\\';
      if (next != '\n') word += next;
      inWord = inWord || next != '\n';
    } else if (quote == '"') {
      if (c == '"') quote = 0;
      if (c != '"') word += c;
    } else if (c == '"' || c == '\'') {
      quote = c;
      inWord = true;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      if (inWord) words.push_back(std::move(word));
      word.clear();
      inWord = false;
    } else {
      word += c;
      inWord = true;
    }
  }
  if (quote != 0) return unfinished(quote);
  if (inWord) words.push_back(std::move(word));
  return words;
}

}  // namespace orbit::project
