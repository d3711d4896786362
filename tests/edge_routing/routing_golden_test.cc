// A golden case is a table, then requests ("=== request", with "https", "h2", "from ADDRESS" behind it) and, for what
// is forwarded, the upstream's answer ("=== answer"). Expected: what the edge answers, or the head it sends and the
// fields the client gets.
#include <gtest/gtest.h>

#include "base/text.h"
#include "edge/routing/router.h"
#include "http/core/forwarded.h"
#include "http/core/index.h"
#include "support/golden.h"
#include "table/table.h"

namespace orbit::edge {
namespace {

struct Section {
  std::string title;
  std::string text;
};

std::vector<Section> sectionsOf(const std::string& input) {
  std::vector<Section> sections{{"table", ""}};
  for (const auto line : split(input, '\n')) {
    if (startsWith(line, "=== ")) {
      sections.push_back({std::string(line.substr(4)), ""});
    } else {
      sections.back().text.append(line).append("\n");
    }
  }
  return sections;
}

// Lines as they go over the wire; a last empty line ends the head.
std::string wire(const std::string& text) {
  std::string out;
  for (const auto line : split(trim(text), '\n')) out.append(line).append("\r\n");
  return out + "\r\n";
}

std::string shown(std::string text) {
  std::erase(text, '\r');
  return text;
}

struct Client {
  bool https = false;
  http::ClientOrigin origin;
  http::RequestIndex request;
};

class Case {
 public:
  explicit Case(const std::string& tableText) : reading_(table::read(tableText, "edge.yaml")) {
    for (const auto& problem : reading_.problems) ADD_FAILURE() << problem.text();
    auto router = Router::build(reading_.table);
    EXPECT_TRUE(router.ok());
    router_ = std::move(router).value();
    trusted_ = *http::IpRanges::parse(reading_.table.trustedProxies);
  }

  void request(const Section& section) {
    out += "=== " + section.title + "\n";
    const std::string text = wire(section.text);
    const auto outcome = http::parseRequestHead(text, {}, client_.request);
    if (outcome.kind != http::ParseOutcome::Kind::kDone) {
      out += "refused: " + std::to_string(outcome.status) + " " + outcome.reason + "\n";
      return;
    }
    const auto words = split(section.title, ' ');
    const auto has = [&](std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); };
    client_.https = has("https");
    client_.request.http2 = has("h2");
    const auto from = std::find(words.begin(), words.end(), "from");
    const auto peer = *http::parseIp(from == words.end() ? "198.51.100.7" : *(from + 1));
    client_.origin = http::clientOrigin(client_.request, peer, client_.https, trusted_);
    route_ = router_->match(client_.request);
    decide(route_, client_.request, client_.https, decision_);
    if (decision_.kind == Decision::Kind::kAnswer) {
      out += (decision_.route == nullptr ? "no route" : decision_.route->id) + ": " + std::to_string(decision_.status) +
             "\n" + shown(decision_.fieldLines) + "\n" + std::string(decision_.body);
      return;
    }
    out += decision_.route->id + " (" + std::to_string(decision_.number) + ")\n";
    std::string head;
    writeUpstreamHead(client_.request, {route_, &client_.origin, "id-1"}, head);
    out += shown(head);
  }

  void answer(const Section& section) {
    http::ResponseIndex answer;
    const auto outcome = http::parseResponseHead(wire(section.text), {}, client_.request.method, answer);
    ASSERT_EQ(outcome.kind, http::ParseOutcome::Kind::kDone) << section.text << outcome.reason;
    std::string lines;
    const bool cookies = section.title.find("cookie") != std::string::npos;
    writeAnswerFields(answer, route_, client_.request, client_.https, cookies ? "Set-Cookie: side=r1\r\n" : "", lines);
    out += "=== answer\n" + shown(lines) + "\n";
    if (const auto* page = errorPage(route_, answer.status, true)) out += "page: " + page->body + "\n";
  }

  std::string out;

 private:
  table::Reading reading_;
  std::unique_ptr<const Router> router_;
  http::IpRanges trusted_;
  Client client_;
  const CompiledRoute* route_ = nullptr;
  Decision decision_;
};

std::string outcome(const std::string& input) {
  const auto sections = sectionsOf(input);
  Case one(sections[0].text);
  for (std::size_t i = 1; i < sections.size(); ++i) {
    startsWith(sections[i].title, "answer") ? one.answer(sections[i]) : one.request(sections[i]);
  }
  return one.out;
}

TEST(EdgeRouting, Golden) {
  support::runGolden("edge-routing", outcome);
}

}  // namespace
}  // namespace orbit::edge
