// A service that floods is bounded, its place in the stream is kept, and what was left out is counted.
#include "logs/flood.h"

#include <gtest/gtest.h>

#include "logs/limits.h"
#include "logs/piece.h"

namespace orbit::logs {
namespace {

TEST(Flood, LeavesOutAndCounts) {
  Flood flood;
  std::int64_t nowUs = 1'800'000'000'000'000;
  std::uint64_t sent = 0, kept = 0, skipped = 0, notices = 0;
  const std::string text(100'000, 'x');
  const auto send = [&] {
    Batch batch;
    for (int line = 0; line < 10; ++line) batch.add(false, false, nowUs, text);
    Batch made;
    const Batch& passed = flood.pass(batch, nowUs, made);
    sent += 10;
    PieceReader reader(passed.bytes());
    Piece piece;
    while (reader.next(piece)) {
      if (piece.notice()) {
        ++notices;
      } else if (piece.skipped()) {
        EXPECT_EQ(piece.hash, fingerprint(false, text));
        ++skipped;
      } else {
        ++kept;
      }
    }
  };
  for (int batch = 0; batch < 2000; ++batch) {
    send();
    nowUs += 10'000;  // 100 MB/s
  }
  EXPECT_EQ(kept + skipped, sent);
  EXPECT_GT(skipped, 0U);
  EXPECT_LE(kept * text.size(), kFloodBurstBytes + 21 * kFloodBytesASecond);
  EXPECT_GE(notices, 10U);
  const std::uint64_t before = notices;
  nowUs += 60'000'000;
  send();
  EXPECT_GE(notices, before);  // what was not told yet
  const std::uint64_t after = notices;
  send();
  EXPECT_EQ(notices, after);
}

}  // namespace
}  // namespace orbit::logs
