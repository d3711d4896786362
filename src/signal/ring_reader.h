// The ring of an area, by a reader (layout.h): by pread, every copy checked. Private to signal. Thread rules: plain
// values.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "signal/layout.h"
#include "signal/packed.h"

namespace orbit::signal {

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }
  bool read(std::uint64_t offset, void* into, std::size_t bytes) const;
  bool write(std::uint64_t offset, const void* from, std::size_t bytes) const;

 private:
  int descriptor_;
};

class RingReader {
 public:
  RingReader(const File& file, std::uint64_t area, const layout::Places& places, std::uint64_t cells)
      : file_(file), area_(area), places_(places), cells_(cells) {}

  struct Cursor {
    std::uint64_t at = 0, number = 0;  // the cell, and which record is expected there
  };
  bool head(std::uint64_t& head) const;
  // How many cells there are to read from there on, at most `cellsMax`; a cursor that was overtaken is moved first.
  std::uint64_t ahead(Cursor& cursor, std::uint64_t cellsMax) const;
  // Reads so many cells into `bytes` and appends at most `countMax` records to `into`, whose texts are in `bytes`.
  // Moves the cursor past them; returns how many it missed.
  std::uint64_t read(Cursor& cursor, std::uint64_t cells, std::size_t countMax, std::span<char> bytes,
                     std::vector<Unpacked>& into) const;

 private:
  bool word(std::size_t offset, std::uint64_t& value) const;
  std::uint64_t oldest() const;  // what is before it may be overwritten
  std::uint64_t markFrom(std::uint64_t from, std::uint64_t head) const;

  const File& file_;
  const std::uint64_t area_;
  const layout::Places& places_;
  const std::uint64_t cells_;
};

}  // namespace orbit::signal
