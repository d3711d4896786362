// What a Recorder has on disk: found at the start, added to since.
#include <algorithm>

#include "series/limits.h"
#include "series/series.h"

namespace orbit::series {
namespace {

constexpr std::string_view kProgressName = "progress";
constexpr std::int64_t kMinuteUs = 60'000'000, kPruneMinutes = 60;
constexpr std::uint64_t kCheckpointsInProgress = 4;  // it is begun anew when it is so many times a fresh one's size

std::string sizeText(std::uint64_t bytes) {
  return bytes == 1 ? "1 byte" : std::to_string(bytes) + " bytes";
}

}  // namespace

Recorder::Recorder(const Disk& disk) {
  std::map<std::uint64_t, Span> spans;
  if (const auto files = disk.list(); files.ok()) {
    openFiles(disk, *files);
    for (const auto& file : *files) {
      if (file.name == kProgressName) readProgress(disk, file.bytes, spans);
    }
  } else {
    problem(files.error().text());
  }
  sumAgain(disk);
  adopt(std::move(spans));
  const bool ended = !marks_.empty() && marks_.back().kind == Mark::Kind::kStop;
  before_ = {lastWallUs_, ended && marks_.back().wallUs >= lastWallUs_};
}

void Recorder::openFiles(const Disk& disk, const std::vector<Disk::File>& files) {
  for (const auto& file : files) {
    const auto of = tierFileOf(file.name);
    if (!of) continue;
    auto found = scan(disk, file.name, file.bytes);
    if (!found.ok()) {
      problem(found.error().text());
      continue;
    }
    if (found->damagedBytes > 0) {
      problem(file.name + ": " + sizeText(found->damagedBytes) + " are damaged and left out");
    }
    if (found->end != file.bytes) torn_.push_back(file.name);
    File& known = files_[file.name];
    known = {*of, found->end, {}};
    for (const Record& record : found->records) {
      if (record.kind == RecordKind::kSpan) {
        known.records.push_back(record);
        lastSequence_[of->tier] = std::max(lastSequence_[of->tier], record.sequence);
      } else if (record.kind == RecordKind::kMark) {
        const auto payload = payloadOf(disk, file.name, record);
        const auto mark = payload.ok() ? unpackMark(*payload) : Result<Mark>(payload.error());
        if (mark.ok()) marks_.push_back(*mark);
      }
    }
  }
  std::stable_sort(marks_.begin(), marks_.end(), [](const Mark& a, const Mark& b) { return a.wallUs < b.wallUs; });
}

// A record that is damaged ends it: what comes behind may build on what is lost.
void Recorder::readProgress(const Disk& disk, std::uint64_t bytes, std::map<std::uint64_t, Span>& spans) {
  const std::string name(kProgressName);
  const auto found = scan(disk, name, bytes);
  if (!found.ok()) return problem(found.error().text());
  std::uint64_t at = 0;
  for (const Record& record : found->records) {
    const auto payload = payloadOf(disk, name, record);
    if (record.offset != at || !payload.ok() || !replay(record, *payload, spans)) break;
    at = record.offset + kHeadBytes + record.payloadBytes;
    fresh_ = false;
  }
  if (at != bytes) problem(name + ": " + sizeText(bytes - at) + " at its end are damaged and left out");
  progressBytes_ = at;
  needsCheckpoint_ = true;
}

bool Recorder::replay(const Record& record, std::string_view payload, std::map<std::uint64_t, Span>& spans) {
  if (record.kind == RecordKind::kCheckpoint) return record.offset == 0 && replayItems(payload, nullptr);
  if (record.kind != RecordKind::kProgress || record.offset == 0) return false;
  if (record.sequence <= lastSequence_[kMinutes]) return replayItems(payload, nullptr);
  Span& span = spans[record.sequence];
  span.sequence = record.sequence;
  span.minute = record.minute;
  return replayItems(payload, &span);
}

bool Recorder::replayItems(std::string_view payload, Span* span) {
  Unpacker in(payload);
  while (in.ok() && !in.atEnd()) {
    const std::uint64_t item = in.number();
    if (item == static_cast<std::uint64_t>(Item::kHeartbeat)) {
      lastWallUs_ = in.signedNumber();
      const std::uint64_t observedMs = in.number(), unobservedMs = in.number();
      if (span != nullptr) {
        span->observedMs = observedMs;
        span->unobservedMs = unobservedMs;
      }
    } else if (item == static_cast<std::uint64_t>(Item::kValue)) {
      const Key key = in.key();
      const Value value = in.value();
      if (in.ok() && span != nullptr) span->at(key).merge(value);
    } else if (item == 0 || item > static_cast<std::uint64_t>(Item::kValue) ||
               !ledger_.replay(static_cast<Item>(item), in, span)) {
      return false;
    }
  }
  return in.ok();
}

// The sums of the coarser tiers that were open: of the minutes that are in no record of theirs.
void Recorder::sumAgain(const Disk& disk) {
  const std::uint64_t least = std::min(lastSequence_[kFives], lastSequence_[kHours]);
  std::vector<std::pair<std::string, Record>> minutes;
  for (const auto& [name, file] : files_) {
    if (file.of.tier != kMinutes) continue;
    for (const Record& record : file.records) {
      if (record.sequence > least) minutes.emplace_back(name, record);
    }
  }
  std::sort(minutes.begin(), minutes.end(),
            [](const auto& a, const auto& b) { return a.second.sequence < b.second.sequence; });
  for (const auto& [name, record] : minutes) {
    const auto payload = payloadOf(disk, name, record);
    const auto plain = payload.ok() ? uncompress(*payload) : Result<std::string>(payload.error());
    auto span = plain.ok() ? unpackSpan(*plain) : Result<Span>(plain.error());
    if (!span.ok()) {
      problem(span.error().text());
      continue;
    }
    span->sequence = record.sequence;
    span->minute = record.minute;
    addToSums(*span);
  }
}

// What was counted and is in no record yet: the last one goes on, those before are over.
void Recorder::adopt(std::map<std::uint64_t, Span> spans) {
  open_.sequence = *std::max_element(std::begin(lastSequence_), std::end(lastSequence_)) + 1;
  for (auto& [sequence, span] : spans) {
    if (sequence != spans.rbegin()->first) {
      addToSums(span);
      wait(kMinutes, std::move(span));
    } else {
      open_ = std::move(span);
    }
  }
}

std::string Recorder::checkpoint() {
  Packer all;
  ledger_.writeAll(all);
  Record head{RecordKind::kCheckpoint, 0, 0, 0, 0, 0};
  std::string bytes = frame(head, all.bytes());
  const auto add = [&](const Span& span) {
    Packer out;
    for (const auto& [key, value] : span.values) {
      out.number(static_cast<std::uint64_t>(Item::kValue));
      out.key(key);
      out.value(value);
    }
    out.number(static_cast<std::uint64_t>(Item::kHeartbeat));
    out.signedNumber(lastWallUs_);
    out.number(span.observedMs);
    out.number(span.unobservedMs);
    Record record{RecordKind::kProgress, span.sequence, span.minute, 0, 0, 0};
    bytes += frame(record, out.bytes());
  };
  for (const auto& span : waiting_[kMinutes]) add(*span);
  add(open_);
  return bytes;
}

void Recorder::addProgress(std::vector<Action>& actions) {
  const std::uint64_t most = std::max(kProgressBytesMin, kCheckpointsInProgress * checkpointBytes_);
  endPayload();
  Action action{Action::Kind::kWrite, std::string(kProgressName), progressBytes_, ""};
  Effect effect{Effect::Kind::kProgress, 0, "", {}, 0};
  if (needsCheckpoint_ || progressBytes_ > most) {
    action.kind = Action::Kind::kReplace;
    action.bytes = checkpoint();
    effect.kind = Effect::Kind::kCheckpoint;
    effect.end = action.bytes.size();
    needsCheckpoint_ = false;
  } else {
    for (const Payload& payload : untold_) {
      Record record{RecordKind::kProgress, payload.sequence, payload.minute, 0, 0, 0};
      action.bytes += frame(record, payload.bytes);
    }
    effect.end = progressBytes_ + action.bytes.size();
  }
  untold_.clear();
  actions.push_back(std::move(action));
  effects_.push_back(effect);
  if (std::exchange(syncDue_, false) || !waiting_[kMinutes].empty()) {
    actions.push_back({Action::Kind::kSync, std::string(kProgressName), 0, ""});
    effects_.emplace_back();
  }
}

void Recorder::append(std::vector<Action>& actions, std::size_t tier, Record record, std::string_view payload,
                      Effect::Kind kind) {
  const std::string name = fileOf(kAllTiers[tier], record.minute);
  const auto known = files_.find(name);
  std::uint64_t end = known == files_.end() ? 0 : known->second.end;
  for (const Effect& effect : effects_) {
    if (effect.name == name) end = std::max(end, effect.end);
  }
  record.offset = end;
  std::string bytes = frame(record, payload);
  effects_.push_back({kind, tier, name, record, end + bytes.size()});
  actions.push_back({Action::Kind::kWrite, name, end, std::move(bytes)});
}

void Recorder::addSpans(std::vector<Action>& actions) {
  for (std::size_t tier = 0; tier < kTiers; ++tier) {
    for (const auto& span : waiting_[tier]) {
      append(actions, tier, {RecordKind::kSpan, span->sequence, span->minute, 0, 0, 0}, compress(packSpan(*span)),
             Effect::Kind::kSpan);
      actions.push_back({Action::Kind::kSync, actions.back().name, 0, ""});
      effects_.emplace_back();
    }
  }
}

// A torn end is cut off, so that it is told of once.
void Recorder::addCuts(std::vector<Action>& actions) {
  for (const std::string& name : std::exchange(torn_, {})) {
    const auto file = files_.find(name);
    if (file == files_.end()) continue;
    actions.push_back({Action::Kind::kWrite, name, file->second.end, ""});
    effects_.emplace_back();
  }
}

void Recorder::addMarks(std::vector<Action>& actions) {
  for (const Mark& mark : newMarks_) {
    const std::int64_t minute = std::max<std::int64_t>(mark.wallUs, 0) / kMinuteUs;
    append(actions, kMinutes, {RecordKind::kMark, 0, minute, 0, 0, 0}, packMark(mark), Effect::Kind::kMark);
  }
}

// By age, and the oldest of the finest tier when all together are too large.
void Recorder::addRemovals(std::vector<Action>& actions) {
  const std::int64_t now = lastWallUs_ / kMinuteUs;
  if (now / kPruneMinutes == pruned_ && bytes() <= kFolderBytesMax) return;
  std::uint64_t left = bytes();
  const auto remove = [&](const std::string& name, std::uint64_t size) {
    actions.push_back({Action::Kind::kRemove, name, 0, ""});
    effects_.push_back({Effect::Kind::kRemove, 0, name, {}, 0});
    left -= size;
  };
  std::vector<const std::pair<const std::string, File>*> kept;
  for (const auto& each : files_) {
    const auto& [name, file] = each;
    if (file.of.toMinute < now - kAllTiers[file.of.tier].keepMinutes) {
      remove(name, file.end);
    } else if (file.of.toMinute <= now) {
      kept.push_back(&each);
    }
  }
  std::sort(kept.begin(), kept.end(), [](const auto* a, const auto* b) {
    return std::pair(a->second.of.tier, a->second.of.fromMinute) <
           std::pair(b->second.of.tier, b->second.of.fromMinute);
  });
  for (const auto* each : kept) {
    if (left <= kFolderBytesMax) break;
    problem(each->first + " is dropped before its time: all series together are too large");
    remove(each->first, each->second.end);
  }
  pruned_ = now / kPruneMinutes;
}

std::vector<Action> Recorder::actions() {
  ORBIT_CHECK(!inFlight_);
  std::vector<Action> actions;
  effects_.clear();
  addProgress(actions);
  addCuts(actions);
  addSpans(actions);
  addMarks(actions);
  addRemovals(actions);
  inFlight_ = true;
  return actions;
}

void Recorder::apply(const Effect& effect) {
  switch (effect.kind) {
    case Effect::Kind::kNone:
      return;
    case Effect::Kind::kCheckpoint:
      checkpointBytes_ = effect.end;
      progressBytes_ = effect.end;
      return;
    case Effect::Kind::kProgress:
      progressBytes_ = effect.end;
      return;
    case Effect::Kind::kSpan:
    case Effect::Kind::kMark:
      break;
    case Effect::Kind::kRemove:
      files_.erase(effect.name);
      return;
  }
  File& file = files_[effect.name];
  file.of = *tierFileOf(effect.name);
  file.end = effect.end;
  if (effect.kind == Effect::Kind::kMark) return newMarks_.pop_front();
  file.records.push_back(effect.record);
  lastSequence_[effect.tier] = std::max(lastSequence_[effect.tier], effect.record.sequence);
  waiting_[effect.tier].pop_front();
}

void Recorder::done(const Outcome& outcome) {
  ORBIT_CHECK(inFlight_ && outcome.done <= effects_.size());
  inFlight_ = false;
  for (std::size_t at = 0; at < outcome.done; ++at) apply(effects_[at]);
  // What was told of it is not there: all of it is told again.
  if (outcome.done == 0) needsCheckpoint_ = true;
  if (!outcome.status.ok()) {
    if (!failing_) problem(outcome.status.error().text() + "; the series are kept in memory until it can be written");
    failing_ = true;
  } else if (failing_) {
    failing_ = false;
    log(Level::kInfo, "series", "the series are on disk again");
  }
}

std::uint64_t Recorder::bytes() const {
  std::uint64_t sum = progressBytes_;
  for (const auto& [name, file] : files_) sum += file.end;
  return sum;
}

}  // namespace orbit::series
