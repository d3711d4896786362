// The store without its thread: batches in, files and views out. All that is in memory is a function of the journal: a
// restart reads it again and comes to the same open blocks, begun lines and positions; lines and the position behind
// them are in one frame, so neither is ever without the other. Private to logs. Thread rules: one owner; what view()
// gives may be read from anywhere.
//
// The journal's frames: 'J' begins a snapshot and 'E' ends it; 'S' a service with its segment's end and its open block;
// 'C' a container with where it stands; 'P' a batch of a container's pieces; 'B' a service's open block went into a
// segment; 'F' a container is forgotten.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "logs/block.h"
#include "logs/flood.h"
#include "logs/journal.h"
#include "logs/line_kind.h"
#include "logs/piece.h"
#include "logs/segment.h"
#include "logs/store.h"
#include "logs/view.h"

namespace orbit::logs {

class Core {
 public:
  // Errors: the file system's; damage is none: it is mended and told in repairs().
  static Result<std::unique_ptr<Core>> open(StoreOptions options, const Clock& clock);

  // Takes a batch; it is on disk after flush().
  void append(const Key& key, const Source& source, const Batch& batch);
  void forget(const std::string& sourceId);
  Status flush();
  // Seals what is full, drops what is beyond its budget, begins the journal afresh. Errors: kNoSpace and others; it can
  // be tried again, and nothing is lost meanwhile.
  Status tidy();
  Status sync() { return journal_.sync(); }
  // More waits in memory than should: nothing more is to be appended until tidy() succeeds.
  bool full() const;

  std::vector<StoredPosition> positions() const;
  std::vector<ServiceView> view(const std::vector<Key>& keys) const;
  std::vector<Key> keys() const;
  const std::vector<std::string>& repairs() const { return repairs_; }

 private:
  struct Service {
    Key key;
    std::uint64_t number = 0;
    SegmentFolder segments;
    OpenBlock open;
    Flood flood;
    std::map<std::uint64_t, std::uint32_t> sourceOf;  // container → index in the open block's sources
  };
  struct Begun {
    std::string text;
    std::int64_t timeUs = 0;
    std::uint64_t cut = 0;  // bytes that were left out
    bool any = false;
  };
  struct Container {
    std::uint64_t number = 0;
    Source source;
    Service* service = nullptr;
    Position position;
    std::uint64_t offset = 0;
    std::int64_t orderUs = 0;
    std::array<Begun, 2> begun;  // by isError
    std::array<TraceJoiner, 2> traces;
  };

  Core(StoreOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}
  std::string journalPath() const { return options_.folder + "/journal"; }
  Status openJournal();
  Status replay(std::string_view frame);
  Status replayService(ByteReader& bytes);
  Status replayContainer(ByteReader& bytes);
  Status replaySealed(ByteReader& bytes);
  Status findServices(bool known);
  Status startAfresh();
  std::string serviceFrame(const Service& service) const;
  std::string containerFrame(const Container& container) const;

  Service& service(const Key& key);
  Container& container(const Key& key, const Source& source);
  void apply(Container& container, std::string_view pieces);
  void take(Container& container, const Piece& piece);
  void endBegun(Container& container);
  void line(Container& container, bool isError, std::int64_t timeUs, std::string_view text, std::uint64_t cut);
  void store(Container& container, LineFacts facts, std::string_view text);
  Status sealService(Service& service);
  std::size_t openBytes() const;

  const StoreOptions options_;
  const Clock& clock_;
  Journal journal_;
  std::map<Key, std::unique_ptr<Service>> services_;
  std::map<std::uint64_t, Service*> serviceByNumber_;
  std::map<std::string, std::unique_ptr<Container>> containers_;  // by id
  std::map<std::uint64_t, Container*> containerByNumber_;
  std::uint64_t nextNumber_ = 1;
  std::vector<std::string> repairs_;
  bool complete_ = false;  // the snapshot was read to its end
  // Where each service's segments end, by what was replayed.
  std::map<std::uint64_t, std::pair<std::uint64_t, std::uint64_t>> ends_;
};

}  // namespace orbit::logs
