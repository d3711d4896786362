// The journal read back: each frame does to what is in memory what was done when it was written.
#include <algorithm>

#include "base/base.h"
#include "logs/bytes.h"
#include "logs/core.h"

namespace orbit::logs {
namespace {

Key readKey(ByteReader& bytes) {
  Key key;
  for (auto* part : {&key.project, &key.environment, &key.service}) *part = bytes.text();
  return key;
}

Error damaged() {
  return Error{.code = Code::kInvalid, .message = "a frame of the logs' journal is not understood"};
}

}  // namespace

Status Core::replay(std::string_view frame) {
  if (frame.empty()) return damaged();
  ByteReader bytes(frame.substr(1));
  switch (frame.front()) {
    case 'J':
      if (frame != "J1") {
        return Error{.code = Code::kUnsupported, .message = "the logs' journal is of another version"};
      }
      return {};
    case 'E':
      complete_ = true;
      return {};
    case 'S':
      return replayService(bytes);
    case 'C':
      return replayContainer(bytes);
    case 'B':
      return replaySealed(bytes);
    case 'F': {
      const auto found = containerByNumber_.find(bytes.varint());
      if (found == containerByNumber_.end()) return damaged();
      found->second->service->sourceOf.erase(found->first);
      const std::string id = found->second->source.id;
      containerByNumber_.erase(found);
      containers_.erase(id);
      return {};
    }
    case 'P': {
      const auto found = containerByNumber_.find(bytes.varint());
      const std::uint64_t offset = bytes.varint();
      if (!bytes.ok() || found == containerByNumber_.end()) return damaged();
      if (offset > 0) found->second->offset = offset;
      apply(*found->second, bytes.rest());
      return {};
    }
    default:
      return damaged();
  }
}

Status Core::replayService(ByteReader& bytes) {
  const std::uint64_t number = bytes.varint();
  const Key key = readKey(bytes);
  const std::uint64_t segment = bytes.varint(), segmentBytes = bytes.varint();
  ORBIT_TRY(OpenBlock open, OpenBlock::restore(bytes.text()));
  if (!bytes.ok()) return damaged();
  const std::uint64_t next = std::exchange(nextNumber_, number);
  Service& of = service(key);
  of.open = std::move(open);
  for (std::uint64_t left = bytes.varint(); left > 0 && bytes.ok(); --left) {
    const std::uint64_t container = bytes.varint();
    of.sourceOf[container] = static_cast<std::uint32_t>(bytes.varint());
  }
  nextNumber_ = std::max(next, number + 1);
  ends_[number] = {segment, segmentBytes};
  return bytes.ok() ? Status() : damaged();
}

Status Core::replayContainer(ByteReader& bytes) {
  auto made = std::make_unique<Container>();
  made->number = bytes.varint();
  const auto of = serviceByNumber_.find(bytes.varint());
  for (auto* part : {&made->source.id, &made->source.name, &made->source.release}) *part = bytes.text();
  made->position.timeUs = bytes.number();
  made->position.highUs = bytes.number();
  made->position.count = static_cast<std::uint32_t>(bytes.varint());
  for (std::uint64_t left = bytes.varint(); left > 0 && bytes.ok(); --left) {
    const std::int64_t timeUs = bytes.number();
    made->position.recent.push_back({timeUs, static_cast<std::uint32_t>(bytes.varint())});
  }
  made->offset = bytes.varint();
  made->orderUs = bytes.number();
  for (Begun& begun : made->begun) {
    begun.any = bytes.varint() != 0;
    begun.timeUs = bytes.number();
    begun.cut = bytes.varint();
    begun.text = bytes.text();
  }
  for (TraceJoiner& trace : made->traces) trace.restore(bytes.text());
  if (!bytes.ok() || of == serviceByNumber_.end()) return damaged();
  made->service = of->second;
  nextNumber_ = std::max(nextNumber_, made->number + 1);
  containerByNumber_[made->number] = made.get();
  containers_[made->source.id] = std::move(made);
  return {};
}

// The block is where the journal says, or its lines stay in the open block.
Status Core::replaySealed(ByteReader& bytes) {
  const auto found = serviceByNumber_.find(bytes.varint());
  SegmentFolder::Place place;
  for (auto* value : {&place.segment, &place.begin, &place.end}) *value = bytes.varint();
  if (!bytes.ok() || found == serviceByNumber_.end()) return damaged();
  Service& of = *found->second;
  if (!of.segments.has(place) && !of.segments.dropped(place.segment)) {
    repairs_.push_back("a block of " + of.key.service + " was not on disk and is written again");
    return {};
  }
  of.open.clear();
  of.sourceOf.clear();
  ends_[of.number] = {place.segment, place.end};
  return {};
}

}  // namespace orbit::logs
