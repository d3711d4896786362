// The edge's access log into the log store, as the log of edgeKey(). Its lines are made here, of the records in the
// edge's signal files; what nobody took from there in time (no daemon, or one that is behind) the edge writes to a
// file, which is read too: from where it was taken up to, and moved away when it is large (the edge then opens a new
// one). What a file or ring was taken up to is kept with its lines, so that nothing is lost or doubled over restarts.
// Part of the door of collect. Thread rules: the thread of its Loop; files are read on a worker.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "logs/logs.h"
#include "net/net.h"
#include "signal/signal.h"

namespace orbit::collect {

class AccessLog {
 public:
  struct Files {
    std::string path;          // of the access log
    std::string signalFolder;  // of the edge's generations
  };
  // `reopen`: tells the edge that its file was moved away.
  AccessLog(net::Loop& loop, logs::Store& store, Files files, std::function<void()> reopen);
  net::Task<void> run(net::Cancel& cancel);
  // One look, of which run() is made: takes what there is. Whether it was much, and the next should come soon.
  net::Task<bool> look();

 private:
  struct Piece {
    std::uint64_t inode = 0;  // 0: there is no such file
    std::uint64_t bytes = 0;  // of the file
    std::string text;         // whole lines
  };
  Piece readFrom(const std::string& path) const;
  net::Task<bool> takeFrom(std::string path);
  void rotateLarge();
  net::Task<std::size_t> takeRings();
  net::Task<bool> takeRing(signal::Reader& reader, unsigned worker, const std::string& id, std::size_t& lines);
  void forgetGone();

  net::Loop& loop_;
  logs::Store& store_;
  const std::string path_;
  signal::Generations generations_;
  const std::function<void()> reopen_;
  std::map<std::uint64_t, std::uint64_t> taken_;  // by inode
  std::string fileSource_;                        // of the file that was read last
  std::uint64_t fileBytes_ = 0;                   // of the newest
  Instant rotatedAt_{};
  std::map<std::string, std::uint64_t> rings_;  // what was taken up to, by the id of their source
  struct Look {
    signal::Reader::Pulse pulse;
    Instant at{};
  };
  std::map<std::uint64_t, Look> looks_;  // the last one, by generation
};

// The time of a line, from its member "time"; 0 when there is none. Pure.
std::int64_t accessTimeUs(std::string_view line);

}  // namespace orbit::collect
