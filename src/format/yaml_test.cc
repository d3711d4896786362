#include "format/yaml.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace orbit::format {
namespace {

using Kind = Node::Kind;

Node parsed(std::string_view text) {
  auto node = parseYaml(text, "a.yaml");
  EXPECT_TRUE(node.ok()) << (node.ok() ? "" : node.error().text());
  return node.ok() ? *node : Node{};
}

std::string failure(std::string_view text) {
  auto node = parseYaml(text, "a.yaml");
  EXPECT_FALSE(node.ok()) << text;
  return node.ok() ? "" : node.error().text();
}

// Equal but for places and quotes.
bool same(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.text != b.text || a.tag != b.tag || a.items.size() != b.items.size() ||
      a.entries.size() != b.entries.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!same(a.items[i], b.items[i])) return false;
  }
  for (std::size_t i = 0; i < a.entries.size(); ++i) {
    if (a.entries[i].key != b.entries[i].key || !same(a.entries[i].value, b.entries[i].value)) return false;
  }
  return true;
}

TEST(Yaml, EveryValueKnowsItsPlace) {
  const Node root = parsed("services:\n  web:\n    image: nginx\n    ports:\n      - \"80:80\"\n      - 443\n");
  const Node& web = *root.find("services")->find("web");
  EXPECT_EQ(web.at.text(), "a.yaml:3:5");
  EXPECT_EQ(root.find("services")->entries[0].keyAt.text(), "a.yaml:2:3");
  EXPECT_EQ(web.find("image")->at.text(), "a.yaml:3:12");
  const Node& ports = *web.find("ports");
  EXPECT_EQ(ports.items[0].at.text(), "a.yaml:5:9");
  EXPECT_TRUE(ports.items[0].quoted);
  EXPECT_EQ(ports.items[0].text, "80:80");
  EXPECT_EQ(ports.items[1].kind, Kind::kInt);
}

TEST(Yaml, CoreSchemaTypes) {
  const std::pair<const char*, Kind> cases[] = {{"~", Kind::kNull},
                                                {"null", Kind::kNull},
                                                {"true", Kind::kBool},
                                                {"FALSE", Kind::kBool},
                                                {"yes", Kind::kString},
                                                {"on", Kind::kString},
                                                {"12", Kind::kInt},
                                                {"-3", Kind::kInt},
                                                {"0x1F", Kind::kInt},
                                                {"0o17", Kind::kInt},
                                                {"0755", Kind::kInt},
                                                {"1.5", Kind::kFloat},
                                                {"1e3", Kind::kFloat},
                                                {".5", Kind::kFloat},
                                                {"-.inf", Kind::kFloat},
                                                {".nan", Kind::kFloat},
                                                {"1.2.3", Kind::kString},
                                                {"22:22", Kind::kString},
                                                {"2024-01-01", Kind::kString},
                                                {"0xZ", Kind::kString},
                                                {"\"5\"", Kind::kString},
                                                {"!!str 5", Kind::kString},
                                                {"!!int \"5\"", Kind::kInt},
                                                {"-", Kind::kString},
                                                {"1e", Kind::kString},
                                                {".", Kind::kString},
                                                {"+", Kind::kString}};
  for (const auto& [text, kind] : cases) {
    if (std::string_view(text) == "-") continue;
    EXPECT_EQ(parsed(std::string("a: ") + text).find("a")->kind, kind) << text;
  }
  EXPECT_TRUE(parsed("").isNull());
  EXPECT_TRUE(parsed("# nothing\n").isNull());
  EXPECT_EQ(parsed("a: True").find("a")->text, "true");
}

TEST(Yaml, AnchorsAliasesAndMergeKeys) {
  const Node root = parsed(
      "x-a: &a {one: 1, two: 2}\n"
      "x-b: &b {two: 3, three: 4}\n"
      "c:\n  <<: [*a, *b]\n  one: 9\n"
      "d:\n  <<: *a\n"
      "e: *a\n");
  const Node& c = *root.find("c");
  ASSERT_EQ(c.entries.size(), 3u);
  EXPECT_EQ(c.find("one")->text, "9");
  EXPECT_EQ(c.find("two")->text, "2");
  EXPECT_EQ(c.find("three")->text, "4");
  EXPECT_EQ(c.find("three")->at.line, 2);
  EXPECT_EQ(root.find("d")->find("two")->text, "2");
  EXPECT_TRUE(same(*root.find("e"), *root.find("x-a")));
  EXPECT_EQ(parsed("a: {\"<<\": 1}").find("a")->find("<<")->text, "1");
}

TEST(Yaml, TagsOfTheApplicationAreKept) {
  const Node root = parsed("a: !reset null\nb: !override\n  - 1\nc: !reset []\n");
  EXPECT_EQ(root.find("a")->tag, "!reset");
  EXPECT_TRUE(root.find("a")->isNull());
  EXPECT_EQ(root.find("b")->tag, "!override");
  EXPECT_EQ(root.find("c")->tag, "!reset");
}

TEST(Yaml, FaultsNameTheirPlace) {
  EXPECT_EQ(failure("a: 1\nb: 2\na: 3\n"),
            "a.yaml:3:1: The key \"a\" is given twice in one mapping (it stands on line 1 already; keep one of them)");
  EXPECT_NE(failure("a: *b\n").find("a.yaml:1:4: The alias \"*b\" has no anchor"), std::string::npos);
  EXPECT_NE(failure("a: &a\n  b: *a\n").find("a.yaml:2:6: The alias \"*a\" stands inside its own anchor"),
            std::string::npos);
  EXPECT_NE(failure("a:\n\tb: 1\n").find("a.yaml:2:"), std::string::npos);
  EXPECT_NE(failure("a:\n\tb: 1\n").find("tabs"), std::string::npos) << failure("a:\n\tb: 1\n");
  EXPECT_NE(failure("a: b: c\n").find("a.yaml:1:"), std::string::npos);
  EXPECT_NE(failure("a: [1, 2\n").find("a.yaml:"), std::string::npos);
  EXPECT_NE(failure("? [a, b]\n: 1\n").find("A key must be a plain value"), std::string::npos);
  EXPECT_NE(failure("a: {{x}}\n").find("A key must be a plain value"), std::string::npos);
  EXPECT_NE(failure("<<: 1\n").find("The merge key"), std::string::npos);
  EXPECT_NE(failure("a: 1\n---\nb: 2\n").find("more than one YAML document"), std::string::npos);
  EXPECT_NE(failure("--- >-\nz\n  V  z\n").find("block text"), std::string::npos);
  EXPECT_EQ(parsed("a: \"\\0\"").find("a")->text, std::string(1, '\0'));
  EXPECT_NE(failure(std::string_view("a: \0", 4)).find("zero byte"), std::string::npos);
  EXPECT_NE(failure("a: \xff\xfe\n").find("a.yaml"), std::string::npos);
}

TEST(Yaml, LimitsHold) {
  EXPECT_NE(failure(std::string(300, '[')).find("deeper than 100"), std::string::npos);
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 9; ++j) bomb += (j == 0 ? "" : ", ") + before;
    bomb += "]\n";
  }
  EXPECT_NE(failure(bomb).find("multiply"), std::string::npos);
  std::string wide = "a: &a \"" + std::string(1 << 20, 'x') + "\"\nb:\n";
  for (int i = 0; i < 100; ++i) wide += "  - *a\n";
  EXPECT_NE(failure(wide).find("multiply"), std::string::npos);
  EXPECT_NE(failure(std::string(5 << 20, ' ')).find("larger than 4 MiB"), std::string::npos);
}

TEST(Yaml, AllDocuments) {
  auto all = parseYamlAll("a: 1\n---\n- b\n---\n", "s.yaml");
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 3u);
  EXPECT_TRUE((*all)[1].isSequence());
  EXPECT_TRUE((*all)[2].isNull());
}

TEST(Yaml, DumpOfBytesThatAreNotUtf8) {
  EXPECT_EQ(dumpYaml(Node::string("a\xff"
                                  "b")),
            "\"a\xEF\xBF\xBD"
            "b\"\n");
}

TEST(Yaml, DumpIsStableAndReadable) {
  const std::string text =
      "name: shop\nservices:\n  web:\n    command:\n      - sh\n      - -c\n    image: \"8080\"\n    ports:\n"
      "      - target: 80\n        published: \"80\"\n    nothing: null\n    empty: {}\n    none: []\n"
      "    script: |\n      one\n\n        two\n    yes: !reset null\n";
  const Node root = parsed(text);
  const std::string once = dumpYaml(root);
  EXPECT_EQ(once, dumpYaml(parsed(once)));
  EXPECT_TRUE(same(root, parsed(once))) << once;
  EXPECT_NE(once.find("    script: |\n      one\n\n        two\n"), std::string::npos) << once;
}

Node randomNode(Random& random, int depth) {
  static const char* kTexts[] = {"",
                                 "a",
                                 " a",
                                 "a ",
                                 "a: b",
                                 "#x",
                                 "a #b",
                                 "-",
                                 "- a",
                                 "null",
                                 "12",
                                 "yes",
                                 "\t",
                                 "\n",
                                 "a\nb",
                                 "a\nb\n",
                                 "é",
                                 "\xE2\x80\xA8",
                                 "'",
                                 "\"",
                                 "a\\b",
                                 "%",
                                 "@x",
                                 "*a",
                                 "&a",
                                 "!t",
                                 "[",
                                 "{{",
                                 "<<",
                                 "~",
                                 "---",
                                 "...",
                                 "? a",
                                 ": ",
                                 "22:22",
                                 "\x01",
                                 "\x7f",
                                 "a\n\n",
                                 "a:",
                                 "=",
                                 "\n a",
                                 "a\n ",
                                 "a \nb",
                                 "0x1",
                                 "1.5e3",
                                 "a\r\nb",
                                 "\xEF\xBB\xBFz",
                                 "\xC2\x85",
                                 "|",
                                 ">"};
  const auto pick = [&] { return std::string(kTexts[random.below(std::size(kTexts))]); };
  Node node;
  const auto what = random.below(depth > 4 ? 4 : 7);
  if (random.below(9) == 0) node.tag = random.below(2) == 0 ? "!reset" : "tag:x.org,2:y";
  if (what < 4) {
    static const std::pair<Kind, const char*> kScalars[] = {
        {Kind::kNull, ""}, {Kind::kBool, "true"}, {Kind::kInt, "-12"}, {Kind::kFloat, "1.5"}};
    if (random.below(3) == 0) {
      const auto& [kind, text] = kScalars[random.below(4)];
      node.kind = kind;
      node.text = text;
    } else {
      node.kind = Kind::kString;
      node.text = pick() + (random.below(2) == 0 ? pick() : "");
    }
  } else if (what == 4) {
    node.kind = Kind::kSequence;
    for (auto i = random.below(4); i > 0; --i) node.items.push_back(randomNode(random, depth + 1));
  } else {
    node.kind = Kind::kMapping;
    for (auto i = random.below(4); i > 0; --i) node.set(pick() + pick(), randomNode(random, depth + 1));
  }
  return node;
}

TEST(Yaml, WhatIsDumpedReadsBackTheSame) {
  Random random(7);
  for (int i = 0; i < 5000; ++i) {
    const Node node = randomNode(random, 0);
    const std::string text = dumpYaml(node);
    auto back = parseYaml(text, "d");
    ASSERT_TRUE(back.ok()) << text << back.error().text();
    ASSERT_TRUE(same(node, *back)) << text << "\n--\n" << dumpYaml(*back);
  }
}

}  // namespace
}  // namespace orbit::format
