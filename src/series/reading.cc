// Questions: which records hold the answer, and the sums of them.
#include <algorithm>

#include "series/series.h"

namespace orbit::series {
namespace {

constexpr std::int64_t kMinuteUs = 60'000'000;
constexpr std::int64_t kSlotsMax = 20'000;

std::size_t tierFor(std::int64_t fromUs, std::int64_t nowUs) {
  const std::int64_t age = (nowUs - fromUs) / kMinuteUs;
  std::size_t tier = 0;
  while (tier + 1 < kTiers && age > kAllTiers[tier].keepMinutes) ++tier;
  return tier;
}

std::int64_t rounded(std::int64_t value, std::int64_t unit) {
  return value / unit * unit;
}

// Slots of whole periods over the time asked for.
void makeSlots(Question& question, Answer& answer) {
  const std::int64_t unit = answer.periodUs;
  question.fromUs = std::max<std::int64_t>(rounded(question.fromUs, unit), 0);
  question.toUs = std::max(rounded(question.toUs + unit - 1, unit), question.fromUs);
  const std::int64_t whole = question.toUs - question.fromUs;
  std::int64_t step = question.stepUs == 0 ? whole : rounded(question.stepUs + unit - 1, unit);
  step = std::max({step, unit, rounded(whole / kSlotsMax + unit - 1, unit)});
  question.stepUs = step;
  for (std::int64_t at = question.fromUs; at < question.toUs; at += step) {
    Slot& slot = answer.slots.emplace_back();
    slot.fromUs = at;
    slot.toUs = std::min(at + step, question.toUs);
  }
}

Slot* slotAt(const Question& question, Answer& answer, std::int64_t minute) {
  const std::int64_t atUs = minute * kMinuteUs;
  if (atUs < question.fromUs || atUs >= question.toUs) return nullptr;
  return &answer.slots[static_cast<std::size_t>((atUs - question.fromUs) / question.stepUs)];
}

void addHead(Slot& slot, const Span& span) {
  slot.observedMs += span.observedMs;
  slot.unobservedMs += span.unobservedMs;
  slot.samplesDropped += span.samplesDropped;
  slot.latenciesDropped += span.latenciesDropped;
}

void addInMemory(Reading& reading, const Span& span, std::int64_t minute) {
  Slot* slot = slotAt(reading.question, reading.answer, minute);
  if (slot == nullptr || span.sequence == 0) return;
  addHead(*slot, span);
  Key name;
  for (const auto& [key, value] : span.values) {
    if (reading.question.nameOf(key, name)) slot->values[name].merge(value);
  }
}

Status addPiece(const Disk& disk, Reading& reading, const Reading::Piece& piece) {
  Slot* slot = slotAt(reading.question, reading.answer, piece.record.minute);
  if (slot == nullptr) return {};
  ORBIT_TRY(const std::string packed, payloadOf(disk, piece.name, piece.record));
  ORBIT_TRY(const std::string plain, uncompress(packed));
  Span head;
  Key name;
  ORBIT_TRY_STATUS(visitSpan(
      plain, head, [&](const Key& key) { return reading.question.nameOf(key, name); },
      [&](const Key&, const Value& value) { slot->values[name].merge(value); }));
  addHead(*slot, head);
  return {};
}

}  // namespace

Reading Recorder::reading(Question question, std::int64_t nowUs) const {
  Reading reading;
  const std::size_t tier = tierFor(question.fromUs, nowUs);
  reading.answer.periodUs = kAllTiers[tier].minutes * kMinuteUs;
  reading.answer.coarse = kAllTiers[tier].coarse;
  makeSlots(question, reading.answer);
  reading.question = std::move(question);
  for (const auto& [name, file] : files_) {
    if (file.of.tier != tier) continue;
    for (const Record& record : file.records) {
      if (slotAt(reading.question, reading.answer, record.minute) != nullptr) reading.pieces.push_back({name, record});
    }
  }
  for (const auto& span : waiting_[tier]) addInMemory(reading, *span, span->minute);
  if (tier != kMinutes) addInMemory(reading, sums_[tier], sums_[tier].minute);
  addInMemory(reading, open_, open_.minute - open_.minute % kAllTiers[tier].minutes);
  return reading;
}

Answer answer(const Disk& disk, Reading reading) {
  for (const Reading::Piece& piece : reading.pieces) {
    if (!addPiece(disk, reading, piece).ok()) ++reading.answer.damaged;
  }
  return std::move(reading.answer);
}

}  // namespace orbit::series
