#include "cli/presenter.h"

#include <gtest/gtest.h>

#include "base/base.h"
#include "cli/log_printer.h"
#include "cli/request_line.h"
#include "support/golden.h"

namespace orbit::cli {
namespace {

// Plays a script of events to a presenter. Lines:
//   mode live|plain|quiet    size 80 24    color    file <path> (its text on lines beginning "| ")
//   at <ms>    tick    close    reopen    log (…: the event goes to a LogPrinter)    {…} an event
class Player {
 public:
  std::string play(const std::string& script) {
    for (auto line : split(script, '\n')) take(std::string(line));
    if (presenter_) presenter_->close(now());
    return readable(out_);
  }

 private:
  Instant now() const { return Instant(std::chrono::milliseconds(atMs_)); }

  Presenter& presenter() {
    if (presenter_) return *presenter_;
    const auto append = [this](std::string_view text) { out_ += text; };
    options_.place.workingDir = "/src/shop";
    options_.place.source = [this](const std::string& path) -> const std::string* {
      const auto found = files_.find(path);
      return found == files_.end() ? nullptr : &found->second;
    };
    presenter_.emplace(Surface{append, append, [this] { return size_; }}, options_, now());
    return *presenter_;
  }

  void take(const std::string& line) {
    const auto words = split(line, ' ');
    if (words[0] == "mode")
      options_.mode = words[1] == "live"    ? Presenter::Mode::kLive
                      : words[1] == "quiet" ? Presenter::Mode::kQuiet
                                            : Presenter::Mode::kPlain;
    if (words[0] == "size") size_ = {std::stoul(std::string(words[1])), std::stoul(std::string(words[2]))};
    if (words[0] == "color") options_.style.color = true;
    if (words[0] == "file") file_ = words[1];
    if (words[0] == "|") files_[file_] += line.substr(std::min<std::size_t>(2, line.size())) + "\n";
    if (words[0] == "at") atMs_ = std::stol(std::string(words[1]));
    if (words[0] == "tick") presenter().tick(now());
    if (words[0] == "close") presenter().close(now());
    if (words[0] == "say") presenter().say(line.substr(4) + "\n");
    if (!startsWith(line, "{")) return;
    const auto event = parseEvent(line);
    ASSERT_TRUE(event.ok()) << line << event.error().text();
    presenter().handle(*event, now());
  }

  // Escapes as ^[; "clear to the end of the line" is left out, for it ends every line of a frame.
  static std::string readable(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text.compare(i, 3, "\x1b[K") == 0) {
        i += 2;
      } else if (text[i] == '\x1b') {
        out += "^[";
      } else if (text[i] == '\r') {
        out += "^M";
      } else {
        out += text[i];
      }
    }
    std::string trimmed;
    for (auto line : split(out, '\n')) {
      while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
      trimmed += std::string(line) + "\n";
    }
    while (endsWith(trimmed, "\n\n")) trimmed.pop_back();
    return trimmed;
  }

  Presenter::Options options_;
  Size size_;
  std::string file_, out_;
  std::map<std::string, std::string> files_;
  long atMs_ = 0;
  std::optional<Presenter> presenter_;
};

TEST(Presenter, Scripts) {
  support::runGolden("cli/present", [](const std::string& input) { return Player().play(input); });
}

// Input: "options…" line, then log and container events.
TEST(LogPrinter, Lines) {
  support::runGolden("cli/logs", [](const std::string& input) {
    LogPrinter::Options options;
    std::optional<LogPrinter> printer;
    std::string out;
    for (auto line : split(input, '\n')) {
      if (line == "color") options.style.color = true;
      if (line == "no-prefix") options.prefix = false;
      if (line == "timestamps") options.timestamps = true;
      if (!startsWith(line, "{")) continue;
      if (!printer) printer.emplace(options);
      const auto event = parseEvent(line);
      EXPECT_TRUE(event.ok()) << line;
      if (const auto* log = std::get_if<LogEvent>(&*event)) out += printer->line(*log);
      if (const auto* row = std::get_if<RowEvent>(&*event)) printer->expect(row->service, row->container);
      if (const auto* changed = std::get_if<ContainerEvent>(&*event)) out += printer->line(*changed);
    }
    std::string shown;
    for (const char c : out) shown += c == '\x1b' ? std::string("^[") : std::string(1, c);
    return shown;
  });
}

// Input: request events. Output: their lines, first as on a terminal.
TEST(RequestLine, Lines) {
  support::runGolden("cli/requests", [](const std::string& input) {
    std::string colored, plain;
    for (auto line : split(trim(input), '\n')) {
      const auto event = parseEvent(line);
      EXPECT_TRUE(event.ok()) << line;
      Style style;
      plain += requestLine(std::get<RequestEvent>(*event), style);
      style.color = true;
      for (const char c : requestLine(std::get<RequestEvent>(*event), style)) {
        colored += c == '\x1b' ? std::string("^[") : std::string(1, c);
      }
    }
    return colored + plain;
  });
}

TEST(MaskedLine, HidesWhatSoundsSecret) {
  EXPECT_EQ(maskedLine("POSTGRES_PASSWORD=hunter2", "/p/.env"), "POSTGRES_PASSWORD=***");
  EXPECT_EQ(maskedLine("PORT=8000", "/p/.env"), "PORT=***");
  EXPECT_EQ(maskedLine("  POSTGRES_PASSWORD: hunter2", "c.yaml"), "  POSTGRES_PASSWORD: ***");
  EXPECT_EQ(maskedLine("  - SECRET_KEY=abc", "c.yaml"), "  - SECRET_KEY=***");
  EXPECT_EQ(maskedLine("  image: redis", "c.yaml"), "  image: redis");
  EXPECT_EQ(maskedLine("  DB: postgres://u:hunter2@db/x", "c.yaml"), "  DB: postgres://u:***@db/x");
  EXPECT_EQ(maskedLine("just text", "/p/.env"), "***");
}

TEST(ScreenText, MeasuresAndCuts) {
  EXPECT_EQ(displayWidth("ab"), 2u);
  EXPECT_EQ(displayWidth("日本"), 4u);
  EXPECT_EQ(displayWidth("\x1b[31mred\x1b[0m"), 3u);
  EXPECT_EQ(displayWidth("e\xCC\x81"), 1u);
  EXPECT_EQ(fitted("abcdef", 4), "abc…");
  EXPECT_EQ(fitted("日本語", 4), "日…");
  EXPECT_EQ(padded("ab", 4), "ab  ");
  EXPECT_EQ(printable("a\x1b[31mb\x07\tc\x9b"), "ab c\xEF\xBF\xBD");
}

TEST(InstanceName, DropsTheProject) {
  EXPECT_EQ(instanceName("db", "shop-db-1"), "db-1");
  EXPECT_EQ(instanceName("db", "shop_db_2"), "db-2");
  EXPECT_EQ(instanceName("db", "my-database"), "my-database");
  EXPECT_EQ(instanceName("db", ""), "db");
}

}  // namespace
}  // namespace orbit::cli
