// The ring of an area, by its writer (layout.h). Private to signal. Thread rules: of the area's worker.
#pragma once
#include <functional>
#include <memory>

#include "signal/layout.h"
#include "signal/packed.h"
#include "signal/signal.h"

namespace orbit::signal {

class RingWriter {
 public:
  struct Place {
    layout::AreaHeader& header;
    layout::Word* marks;
    char* ring;
    std::uint64_t cells;
    int file;
    std::uint64_t lockAt;  // in the file
  };
  using NamesOf = std::function<Names(const layout::PackedRecord&)>;
  RingWriter(Place place, NamesOf namesOf) : place_(place), header_(place.header), namesOf_(std::move(namesOf)) {}

  void record(const Record& record);
  void keepLog(std::function<void(const AccessLine&)> leftOver) { leftOver_ = std::move(leftOver); }
  void leaveLog() { leave(head_); }
  void tick();

 private:
  char* cell(std::uint64_t number) const { return place_.ring + number % place_.cells * layout::kCell; }
  void enterSegment();
  void leave(std::uint64_t until);
  std::uint64_t oldest() const;
  bool copyOut(std::uint64_t at, std::uint64_t number, Unpacked& into);

  const Place place_;
  layout::AreaHeader& header_;
  const NamesOf namesOf_;
  std::function<void(const AccessLine&)> leftOver_;
  std::uint64_t head_ = 0, number_ = 0, segment_ = ~std::uint64_t{0};
  std::uint64_t looks_ = 0;
  int ticksAlone_ = 0;
  alignas(layout::kCell) char packed_[kPackedBytesMax];
  std::unique_ptr<char[]> copied_;
};

}  // namespace orbit::signal
