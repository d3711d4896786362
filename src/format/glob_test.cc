#include "format/glob.h"

#include <gtest/gtest.h>

namespace orbit::format {
namespace {

bool ignores(std::string_view rules, std::string_view path) {
  auto parsed = IgnoreRules::parse(rules, ".dockerignore");
  EXPECT_TRUE(parsed.ok()) << rules;
  return parsed.ok() && parsed->ignores(path);
}

TEST(Glob, PatternsOfDockerignore) {
  const struct {
    const char* rules;
    const char* path;
    bool ignored;
  } cases[] = {{"node_modules", "node_modules", true},
               {"node_modules", "node_modules/a/b.js", true},
               {"node_modules", "web/node_modules", false},
               {"**/node_modules", "web/node_modules/x", true},
               {"**/node_modules", "node_modules", true},
               {"/a/", "a/b", true},
               {"./a", "a", true},
               {"a/../b", "b", true},
               {"../a", "a", true},
               {"*.md", "a.md", true},
               {"*.md", "docs/a.md", false},
               {"**/*.md", "docs/x/a.md", true},
               {"docs/**", "docs/a/b", true},
               {"docs/**/z", "docs/z", true},
               {"docs/**/z", "docs/a/b/z", true},
               {"*/temp*", "a/temporary", true},
               {"*/temp*", "a/b/temporary", false},
               {"temp?", "tempa", true},
               {"temp?", "temp", false},
               {"t?p", "t\u00e9p", true},
               {"[a-c]x", "bx", true},
               {"[^a-c]x", "bx", false},
               {"[^a-c]x", "dx", true},
               {"\\*", "*", true},
               {"\\*", "a", false},
               {"# comment\n\n  a  ", "a", true},
               {"*\n!a", "a", false},
               {"*\n!a", "b", true},
               {"*\n!a/b", "a/b/c", false},
               {"*\n!a/b", "a/c", true},
               {"*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true},
               {"*.md\nREADME-secret.md\n!README*.md", "README-secret.md", false},
               {".", "a", false},
               {"**", "a/b", true},
               {"a*b*c", "aXXbYYc", true},
               {"a*b*c", "aXXbYY", false},
               {".git", ".gitignore", false},
               {".env*", ".env.local", true}};
  for (const auto& c : cases) EXPECT_EQ(ignores(c.rules, c.path), c.ignored) << c.rules << " on " << c.path;
}

TEST(Glob, WhichFoldersAreWalked) {
  auto rules = IgnoreRules::parse("a\nb\n!b/keep\n**/c\n", "x");
  ASSERT_TRUE(rules.ok());
  EXPECT_TRUE(rules->ignoresAllBelow("a"));
  EXPECT_FALSE(rules->ignoresAllBelow("b"));
  EXPECT_TRUE(rules->ignoresAllBelow("b/other"));
  EXPECT_FALSE(rules->ignoresAllBelow("d"));
  auto any = IgnoreRules::parse("a\n!**/*.md\n", "x");
  EXPECT_FALSE(any->ignoresAllBelow("a/b"));
}

TEST(Glob, Faults) {
  for (const auto* text : {"a\n[", "a\n[a-", "a\nx\\", "a\n!", "a\n[]", "a\n[^]"}) {
    auto rules = IgnoreRules::parse(text, ".dockerignore");
    ASSERT_FALSE(rules.ok()) << text;
    EXPECT_EQ(rules.error().at.text(), ".dockerignore:2:1");
  }
}

}  // namespace
}  // namespace orbit::format
