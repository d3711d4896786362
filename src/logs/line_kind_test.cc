// How severe a line is, by the shapes loggers have, and which lines belong together.
#include "logs/line_kind.h"

#include <gtest/gtest.h>

namespace orbit::logs {
namespace {

TEST(Severity, OfManyShapes) {
  const std::pair<std::string_view, Severity> cases[] = {
      {R"({"level":"error","msg":"x"})", Severity::kError},
      {R"({"time":1,"level": "WARN"})", Severity::kWarning},
      {R"({"level":50,"msg":"pino"})", Severity::kError},
      {R"({"level":500,"msg":"no pino"})", Severity::kNone},
      {R"({"severity":"CRITICAL"})", Severity::kFatal},
      {R"({"levelname": "INFO"})", Severity::kInfo},
      {"ts=2026 level=warn msg=\"x\"", Severity::kWarning},
      {"ts=2026 lvl=\"debug\" msg=x", Severity::kDebug},
      {"2026-11-28 18:00:00,123 ERROR app.views: failed", Severity::kError},
      {"2026-11-28 18:00:00 [warn] 12#12: upstream", Severity::kWarning},
      {"INFO:     127.0.0.1:33 - \"GET / HTTP/1.1\" 200 OK", Severity::kInfo},
      {"[ERROR] boom", Severity::kError},
      {"E1128 18:00:00.000000 1 main.go:3] boom", Severity::kError},
      {"<3>kernel says", Severity::kError},
      {"1:M 28 Nov 2026 18:00:00.000 * Ready to accept connections", Severity::kInfo},
      {"1:M 28 Nov 2026 18:00:00.000 # Warning: no config", Severity::kWarning},
      {"2026-11-28 18:00:00.000 UTC [1] LOG:  database system is ready", Severity::kInfo},
      {"2026-11-28 18:00:00.000 UTC [1] FATAL:  password", Severity::kFatal},
      {"ValueError: bad", Severity::kError},
      {"java.lang.IllegalStateException: bad", Severity::kError},
      {"Traceback (most recent call last):", Severity::kError},
      {"panic: runtime error", Severity::kFatal},
      {"error: unknown flag", Severity::kError},
      {"GET /errors status=200 duration=0.01s", Severity::kNone},
      {"no errors found in information", Severity::kNone},
      {"TERRORS are no word", Severity::kNone},
      {"", Severity::kNone},
  };
  for (const auto& [line, severity] : cases) {
    EXPECT_EQ(severityName(severityIn(line)), severityName(severity)) << line;
  }
}

// 'H' for a line that begins an entry, '.' for one that goes on with it.
std::string shape(const std::vector<std::string_view>& lines) {
  TraceJoiner joiner;
  std::string out;
  std::int64_t timeUs = 1000;
  for (const auto line : lines) out += joiner.continues(line, timeUs += 10, severityIn(line)) ? '.' : 'H';
  return out;
}

TEST(Traces, Python) {
  EXPECT_EQ(shape({"ERROR in views", "Traceback (most recent call last):", "  File \"a.py\", line 1", "    f()",
                   "ValueError: bad", "", "During handling of the above exception, another exception occurred:", "",
                   "Traceback (most recent call last):", "  File \"b.py\", line 2", "KeyError: 'x'", "next line"}),
            "H..........H");
  EXPECT_EQ(shape({"plain", "Traceback (most recent call last):", "  File", "E: x", "plain"}), "HH..H");
}

TEST(Traces, NodeAndJava) {
  EXPECT_EQ(
      shape({"Error: boom", "    at f (/app/x.js:1:2)", "    at g (/app/x.js:3:4) {", "  code: 'E'", "}", "next"}),
      "H....H");
  EXPECT_EQ(shape({"Exception in thread \"main\" java.lang.X: bad", "\tat a.B.c(B.java:1)", "Caused by: java.lang.Y: z",
                   "\tat d.E.f(E.java:2)", "\t... 23 more", "next"}),
            "H....H");
}

TEST(Traces, Go) {
  EXPECT_EQ(
      shape({"panic: runtime error: index out of range", "", "goroutine 1 [running]:", "main.(*T).run(0xc000, 0x1)",
             "\t/app/main.go:12 +0x1b", "main.main()", "\t/app/main.go:5 +0x1d", "exit status 2", "next line"}),
      "H.......H");
}

TEST(Traces, NotWhatComesLater) {
  TraceJoiner joiner;
  EXPECT_FALSE(joiner.continues("Error: x", 1'000'000, Severity::kError));
  EXPECT_TRUE(joiner.continues("    at f", 1'000'100, Severity::kNone));
  EXPECT_FALSE(joiner.continues("    at g", 5'000'000, Severity::kNone));
  EXPECT_FALSE(joiner.continues("line 1", 5'000'001, Severity::kNone));
  EXPECT_FALSE(joiner.continues("line 2", 5'000'002, Severity::kNone));
}

TEST(Traces, StateSurvivesARestart) {
  TraceJoiner before;
  before.continues("Traceback (most recent call last):", 10, Severity::kError);
  before.continues("  File", 20, Severity::kNone);
  TraceJoiner after;
  after.restore(before.state());
  EXPECT_TRUE(after.continues("ValueError: x", 30, Severity::kError));
  EXPECT_EQ(after.severity(), Severity::kError);
}

}  // namespace
}  // namespace orbit::logs
