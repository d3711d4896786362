#include "logs/flood.h"

#include <algorithm>

#include "logs/limits.h"
#include "logs/piece.h"

namespace orbit::logs {
namespace {

constexpr std::int64_t kTellUs = 1'000'000;

}  // namespace

bool Flood::spend(std::uint64_t bytes, std::int64_t nowUs) {
  const double seconds = left_ < 0 ? 0 : static_cast<double>(std::max<std::int64_t>(nowUs - filledUs_, 0)) / 1e6;
  if (left_ < 0) left_ = static_cast<double>(kFloodBurstBytes);
  left_ = std::min(static_cast<double>(kFloodBurstBytes), left_ + seconds * static_cast<double>(kFloodBytesASecond));
  filledUs_ = nowUs;
  if (left_ < static_cast<double>(bytes)) return false;
  left_ -= static_cast<double>(bytes);
  return true;
}

void Flood::tell(Batch& to, std::int64_t timeUs) {
  to.notice(timeUs, "[orbit] " + std::to_string(lines_) + " lines (" + std::to_string(bytes_) +
                        " bytes) were left out here: this service says more than " +
                        std::to_string(kFloodBytesASecond >> 20) + " MiB a second");
  lines_ = bytes_ = 0;
}

const Batch& Flood::pass(const Batch& batch, std::int64_t nowUs, Batch& out) {
  const bool fits = spend(batch.bytes().size(), nowUs);
  if (fits && lines_ == 0) return batch;
  out.offset = batch.offset;
  PieceReader reader(batch.bytes());
  Piece piece;
  std::int64_t timeUs = nowUs;
  while (reader.next(piece)) {
    if (fits && lines_ > 0) tell(out, piece.timeUs);
    timeUs = piece.timeUs;
    if (piece.notice()) {
      out.notice(piece.timeUs, piece.text);
    } else if (piece.skipped()) {
      out.skip(piece.isError(), piece.timeUs, piece.hash);
    } else if (fits) {
      out.add(piece.isError(), piece.partial(), piece.timeUs, piece.text);
    } else {
      out.skip(piece.isError(), piece.timeUs, fingerprint(piece.isError(), piece.text));
      lines_ += piece.partial() ? 0U : 1U;
      bytes_ += piece.text.size();
    }
  }
  if (lines_ > 0 && nowUs - toldUs_ >= kTellUs) {
    tell(out, timeUs);
    toldUs_ = nowUs;
  }
  return out;
}

}  // namespace orbit::logs
