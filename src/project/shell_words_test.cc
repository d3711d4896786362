#include "project/shell_words.h"

#include <gtest/gtest.h>

namespace orbit::project {
namespace {

using Words = std::vector<std::string>;

TEST(ShellWords, SplitsAsAShellWould) {
  EXPECT_EQ(splitWords("npm run dev -- --host").value(), (Words{"npm", "run", "dev", "--", "--host"}));
  EXPECT_EQ(splitWords("sh -c 'echo \"a b\"'").value(), (Words{"sh", "-c", "echo \"a b\""}));
  EXPECT_EQ(splitWords(R"(a\ b "c\"d" "e\f" '')").value(), (Words{"a b", "c\"d", "e\\f", ""}));
  EXPECT_EQ(splitWords("  a\n  b\t").value(), (Words{"a", "b"}));
  EXPECT_EQ(splitWords("a \\\n b").value(), (Words{"a", "b"}));
  EXPECT_EQ(splitWords("").value(), Words{});
}

TEST(ShellWords, NamesTheQuoteThatIsNotClosed) {
  EXPECT_EQ(splitWords("echo 'a").error().message, "the command has a ' that is never closed");
  EXPECT_EQ(splitWords("echo \"a").error().message, "the command has a \" that is never closed");
  EXPECT_FALSE(splitWords("echo \\").ok());
}

}  // namespace
}  // namespace orbit::project
