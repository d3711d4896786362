// Writes a tar archive piece by piece: ustar, with pax headers only where ustar has no room (long names, names that are
// not ASCII, sizes past 8 GiB): docker's client takes an archive that begins with a pax header for a Dockerfile. Our
// own, because libarchive brings ten libraries into every process for what is one header. Thread rules: one owner;
// blocking.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "pack/pack.h"

namespace orbit::pack {

class TarWriter {
 public:
  explicit TarWriter(const Sink& sink) : sink_(sink) {}  // `sink` outlives the writer
  TarWriter(const TarWriter&) = delete;
  TarWriter& operator=(const TarWriter&) = delete;

  struct Entry {
    std::string path;
    std::uint32_t mode = 0644;  // permission bits
    int uid = 0, gid = 0;
    std::int64_t modifiedS = 0;
  };
  Status folder(const Entry& entry);
  Status link(const Entry& entry, const std::string& target);
  // Exactly `size` bytes follow by data().
  Status file(const Entry& entry, std::int64_t size);
  Status data(std::string_view bytes);
  // The end of the archive.
  Status close();

 private:
  Status begin(const Entry& entry, char type, std::int64_t size, const std::string& target);
  Status endFile();
  Status pad(std::uint64_t bytes);  // to the end of a record
  Status write(std::string_view bytes);

  const Sink& sink_;
  std::string block_;            // not handed to the sink yet
  std::uint64_t fileBytes_ = 0;  // of the file being written
  std::uint64_t left_ = 0;       // of them, to come
};

}  // namespace orbit::pack
