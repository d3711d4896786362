// The examples of docs/edge-table.md are read, so that they stay true.
#include <gtest/gtest.h>

#include "base/text.h"
#include "support/golden.h"
#include "table/table.h"

namespace orbit {
namespace {

struct Example {
  int line = 0;
  std::string text;
};

// The fenced blocks of that language, in order.
std::vector<Example> examplesOf(const std::string& document, const std::string& language) {
  std::vector<Example> out;
  bool inside = false;
  int number = 0;
  for (const auto line : split(document, '\n')) {
    ++number;
    if (inside && line == "```") {
      inside = false;
    } else if (inside) {
      out.back().text.append(line).append("\n");
    } else if (line == "```" + language) {
      inside = true;
      out.push_back({number, ""});
    }
  }
  return out;
}

TEST(EdgeTableDocument, ItsExamplesAreGoodTables) {
  const auto document = support::readFile(std::filesystem::path(ORBIT_SOURCE_DIR) / "docs" / "edge-table.md");
  const auto examples = examplesOf(document, "yaml");
  EXPECT_GE(examples.size(), 5u);
  for (const auto& example : examples) {
    const auto reading = table::read(example.text, "edge.yaml");
    for (const auto& problem : reading.problems) {
      ADD_FAILURE() << "docs/edge-table.md:" << example.line << ": " << problem.text() << "\n" << example.text;
    }
  }
}

// "text" blocks show what `orbit edge check` says of the "yaml-wrong" block before them.
TEST(EdgeTableDocument, ItsMistakesAreToldAsShown) {
  const auto document = support::readFile(std::filesystem::path(ORBIT_SOURCE_DIR) / "docs" / "edge-table.md");
  const auto wrong = examplesOf(document, "yaml wrong");
  const auto told = examplesOf(document, "text told");
  ASSERT_EQ(wrong.size(), told.size());
  EXPECT_GE(wrong.size(), 1u);
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    std::string text;
    for (const auto& problem : table::read(wrong[i].text, "edge.yaml").problems) text += problem.text() + "\n";
    EXPECT_EQ(text, told[i].text);
  }
}

}  // namespace
}  // namespace orbit
