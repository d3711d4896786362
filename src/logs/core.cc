#include "logs/core.h"

#include <algorithm>
#include <filesystem>

#include "base/base.h"
#include "logs/bytes.h"
#include "logs/limits.h"

namespace orbit::logs {
namespace {

// A name as a part of a path: those that services have, as they are.
std::string folderName(const std::string& name) {
  std::string out;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                       c == '-' || (c == '.' && !out.empty());
    constexpr char kHex[] = "0123456789abcdef";
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return out.empty() ? "%" : out;
}

std::string keyText(const Key& key) {
  std::string out;
  for (const auto& part : {key.project, key.environment, key.service}) putText(out, part);
  return out;
}

}  // namespace

Result<std::unique_ptr<Core>> Core::open(StoreOptions options, const Clock& clock) {
  std::unique_ptr<Core> core(new Core(std::move(options), clock));
  ORBIT_TRY_STATUS(makeFolders(core->options_.folder + "/services"));
  ORBIT_TRY_STATUS(core->openJournal());
  return core;
}

Status Core::openJournal() {
  auto file = File::openToRead(journalPath());
  if (!file.ok() && file.error().code != Code::kNotFound) return std::move(file).error();
  JournalEnd end;
  if (file.ok()) {
    ORBIT_TRY(end, readJournal(*file, [this](std::string_view frame) { return replay(frame); }));
  }
  if (end.good < end.size) {
    repairs_.push_back("the logs' journal was cut after " + std::to_string(end.good) + " of " +
                       std::to_string(end.size) + " bytes: " + end.why.error().message);
  }
  if (!complete_) {
    services_.clear();
    serviceByNumber_.clear();
    containers_.clear();
    containerByNumber_.clear();
  }
  for (const auto& [number, place] : ends_) {
    const auto of = serviceByNumber_.find(number);
    if (complete_ && of != serviceByNumber_.end()) {
      ORBIT_TRY_STATUS(of->second->segments.cutTo(place.first, place.second));
    }
  }
  ORBIT_TRY_STATUS(findServices(complete_));
  return startAfresh();
}

// The folders that the journal does not name (without a journal: all of them).
Status Core::findServices(bool known) {
  std::error_code failed;
  const std::string root = options_.folder + "/services";
  for (const auto& project : std::filesystem::directory_iterator(root, failed)) {
    for (const auto& environment : std::filesystem::directory_iterator(project.path(), failed)) {
      for (const auto& folder : std::filesystem::directory_iterator(environment.path(), failed)) {
        const auto plain = [](const std::filesystem::path& path) {
          const std::string name = path.filename().string();
          return name == "%" ? std::string() : name;
        };
        Service& found = service({plain(project.path()), plain(environment.path()), plain(folder.path())});
        if (known) continue;
        ORBIT_TRY(const std::uint64_t cut, found.segments.cutTorn());
        if (cut > 0) {
          repairs_.push_back("stored logs of " + found.key.service + ": the last " + std::to_string(cut) +
                             " bytes were no whole block and were cut");
        }
      }
    }
  }
  return {};
}

Core::Service& Core::service(const Key& key) {
  auto& slot = services_[key];
  if (slot) return *slot;
  slot = std::make_unique<Service>();
  slot->key = key;
  slot->number = nextNumber_++;
  serviceByNumber_[slot->number] = slot.get();
  auto folder = SegmentFolder::open(options_.folder + "/services/" + folderName(key.project) + "/" +
                                    folderName(key.environment) + "/" + folderName(key.service));
  if (folder.ok()) {
    slot->segments = std::move(*folder);
  } else {
    repairs_.push_back(folder.error().message);
  }
  return *slot;
}

Core::Container& Core::container(const Key& key, const Source& source) {
  auto& slot = containers_[source.id];
  if (slot) return *slot;
  const bool fresh = !services_.contains(key);
  Service& of = service(key);
  if (fresh) journal_.add(serviceFrame(of));
  slot = std::make_unique<Container>();
  slot->number = nextNumber_++;
  slot->source = source;
  slot->service = &of;
  containerByNumber_[slot->number] = slot.get();
  journal_.add(containerFrame(*slot));
  return *slot;
}

void Core::append(const Key& key, const Source& source, const Batch& batch) {
  Container& from = container(key, source);
  Batch made;
  const Batch& passed = from.service->flood.pass(batch, clock_.wallUs(), made);
  std::string frame = "P";
  putVarint(frame, from.number);
  putVarint(frame, passed.offset);
  journal_.add(frame, passed.bytes());
  if (passed.offset > 0) from.offset = passed.offset;
  apply(from, passed.bytes());
}

void Core::forget(const std::string& sourceId) {
  const auto found = containers_.find(sourceId);
  if (found == containers_.end()) return;
  std::string frame = "F";
  putVarint(frame, found->second->number);
  journal_.add(frame);
  found->second->service->sourceOf.erase(found->second->number);
  containerByNumber_.erase(found->second->number);
  containers_.erase(found);
}

void Core::apply(Container& from, std::string_view pieces) {
  PieceReader reader(pieces);
  Piece piece;
  while (reader.next(piece)) take(from, piece);
}

void Core::take(Container& from, const Piece& piece) {
  if (piece.notice()) {
    endBegun(from);  // what follows goes on with another line
    LineFacts facts;
    facts.isNotice = true;
    facts.severity = Severity::kWarning;
    facts.timeUs = piece.timeUs;
    store(from, facts, piece.text);
    return;
  }
  from.position.note(piece.timeUs, piece.skipped() ? piece.hash : fingerprint(piece.isError(), piece.text));
  Begun& begun = from.begun[piece.isError() ? 1 : 0];
  if (piece.skipped()) {
    endBegun(from);
    return;
  }
  if (!begun.any && !piece.partial() && piece.text.size() <= kLineBytesMax) {
    line(from, piece.isError(), piece.timeUs, piece.text, 0);
    return;
  }
  if (!begun.any) begun.timeUs = piece.timeUs;
  begun.any = true;
  const std::string_view kept = piece.text.substr(0, kLineBytesMax - begun.text.size());
  begun.text += kept;
  begun.cut += piece.text.size() - kept.size();
  if (piece.partial()) return;
  const Begun whole = std::exchange(begun, {});
  line(from, piece.isError(), whole.timeUs, whole.text, whole.cut);
}

void Core::endBegun(Container& from) {
  for (const bool isError : {false, true}) {
    const Begun front = std::exchange(from.begun[isError ? 1 : 0], {});
    if (front.any) line(from, isError, front.timeUs, front.text, front.cut);
  }
}

void Core::line(Container& from, bool isError, std::int64_t timeUs, std::string_view text, std::uint64_t cut) {
  LineFacts facts;
  facts.isError = isError;
  facts.timeUs = timeUs;
  const Severity own = severityIn(text);
  TraceJoiner& trace = from.traces[isError ? 1 : 0];
  facts.continues = trace.continues(text, timeUs, own);
  facts.severity = facts.continues ? trace.severity() : own;
  const bool plain = cut == 0 && text.find('\n') == std::string_view::npos;
  if (plain) return store(from, facts, text);
  std::string mended(text);
  std::replace(mended.begin(), mended.end(), '\n', ' ');
  if (cut > 0) mended += " [" + std::to_string(cut) + " more bytes of this line were cut]";
  store(from, facts, mended);
}

void Core::store(Container& from, LineFacts facts, std::string_view text) {
  Service& to = *from.service;
  const auto [at, fresh] = to.sourceOf.try_emplace(from.number, static_cast<std::uint32_t>(to.open.sources.size()));
  if (fresh) to.open.sources.push_back(from.source);
  facts.source = at->second;
  from.orderUs = std::max(from.orderUs, facts.timeUs);
  facts.orderUs = from.orderUs;
  to.open.add(facts, text);
}

std::size_t Core::openBytes() const {
  std::size_t sum = 0;
  for (const auto& [key, each] : services_) sum += each->open.bytes();
  return sum;
}

bool Core::full() const {
  return openBytes() > 2 * kOpenBytesMax || journal_.pending() > kOpenBytesMax;
}

Status Core::flush() {
  return journal_.flush();
}

Status Core::sealService(Service& of) {
  ORBIT_TRY(const auto place, of.segments.append(seal(of.open), clock_.wallUs()));
  std::string frame = "B";
  for (const std::uint64_t value : {of.number, place.segment, place.begin, place.end}) putVarint(frame, value);
  journal_.add(frame);
  of.open.clear();
  of.sourceOf.clear();
  of.segments.drop(options_.serviceBytesMax, clock_.wallUs() - options_.serviceAgeUs);
  return {};
}

Status Core::tidy() {
  std::size_t all = 0;
  for (const auto& [key, each] : services_) {
    if (each->open.text.size() >= kBlockBytesMax) {
      ORBIT_TRY_STATUS(sealService(*each));
    }
    all += each->open.bytes();
  }
  while (all > kOpenBytesMax) {
    const auto largest = std::max_element(services_.begin(), services_.end(), [](const auto& a, const auto& b) {
      return a.second->open.bytes() < b.second->open.bytes();
    });
    all -= largest->second->open.bytes();
    ORBIT_TRY_STATUS(sealService(*largest->second));
  }
  ORBIT_TRY_STATUS(flush());
  return journal_.bytes() > kJournalBytesMax ? startAfresh() : Status();
}

std::string Core::serviceFrame(const Service& of) const {
  std::string frame = "S";
  putVarint(frame, of.number);
  frame += keyText(of.key);
  putVarint(frame, of.segments.segment());
  putVarint(frame, of.segments.segmentBytes());
  putText(frame, of.open.save());
  putVarint(frame, of.sourceOf.size());
  for (const auto& [number, index] : of.sourceOf) {
    putVarint(frame, number);
    putVarint(frame, index);
  }
  return frame;
}

std::string Core::containerFrame(const Container& of) const {
  std::string frame = "C";
  putVarint(frame, of.number);
  putVarint(frame, of.service->number);
  for (const auto& part : {of.source.id, of.source.name, of.source.release}) putText(frame, part);
  putSigned(frame, of.position.timeUs);
  putSigned(frame, of.position.highUs);
  putVarint(frame, of.position.count);
  putVarint(frame, of.position.recent.size());
  for (const auto& mark : of.position.recent) {
    putSigned(frame, mark.timeUs);
    putVarint(frame, mark.hash);
  }
  putVarint(frame, of.offset);
  putSigned(frame, of.orderUs);
  for (const Begun& begun : of.begun) {
    putVarint(frame, begun.any ? 1 : 0);
    putSigned(frame, begun.timeUs);
    putVarint(frame, begun.cut);
    putText(frame, begun.text);
  }
  for (const TraceJoiner& trace : of.traces) putText(frame, trace.state());
  return frame;
}

// A new journal that begins with all that is in memory takes the place of the old one.
Status Core::startAfresh() {
  for (const auto& [key, each] : services_) {
    ORBIT_TRY_STATUS(each->segments.sync());
    each->open.shrink();
  }
  const std::string next = journalPath() + ".next";
  ORBIT_TRY(File file, File::openToWrite(next));
  ORBIT_TRY_STATUS(file.truncate(0));
  Journal fresh(std::move(file), 0);
  fresh.add("J1");
  for (const auto& [key, each] : services_) {
    fresh.add(serviceFrame(*each));
    ORBIT_TRY_STATUS(fresh.flush());
  }
  for (const auto& [id, each] : containers_) fresh.add(containerFrame(*each));
  fresh.add("E");
  ORBIT_TRY_STATUS(fresh.flush());
  ORBIT_TRY_STATUS(fresh.sync());
  ORBIT_TRY_STATUS(renameFile(next, journalPath()));
  journal_ = std::move(fresh);
  return syncFolder(options_.folder);
}

std::vector<StoredPosition> Core::positions() const {
  std::vector<StoredPosition> out;
  for (const auto& [id, each] : containers_) {
    out.push_back({each->service->key, each->source, each->position, each->offset});
  }
  return out;
}

std::vector<ServiceView> Core::view(const std::vector<Key>& keys) const {
  std::vector<ServiceView> out;
  for (const Key& key : keys) {
    const auto found = services_.find(key);
    if (found == services_.end()) continue;
    out.push_back({key, found->second->segments.refs(), std::make_shared<const OpenBlock>(found->second->open)});
  }
  return out;
}

std::vector<Key> Core::keys() const {
  std::vector<Key> out;
  for (const auto& [key, each] : services_) out.push_back(key);
  return out;
}

}  // namespace orbit::logs
