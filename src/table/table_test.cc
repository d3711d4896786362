#include "table/table.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "format/json.h"
#include "support/golden.h"

namespace orbit::table {
namespace {

// The problems of a table, or its normal form.
std::string outcome(const std::string& text) {
  const Reading reading = read(text, startsWith(text, "{") ? "edge.json" : "edge.yaml");
  std::string out;
  for (const auto& problem : reading.problems) out += problem.text() + "\n";
  if (!out.empty()) return out;
  const std::string written = write(reading.table);
  const Reading again = read(written, "edge.json");
  EXPECT_TRUE(again.problems.empty()) << written << again.problems[0].text();
  EXPECT_TRUE(again.table == reading.table) << written;
  EXPECT_EQ(write(again.table), written);
  for (const auto& problem : check(reading.table)) out += "check: " + problem.text() + "\n";
  return out + format::parseJson(written)->dump(2);
}

TEST(Table, Golden) {
  support::runGolden("edge-table", outcome);
}

}  // namespace
}  // namespace orbit::table
