// The edge's access log into the log store, as the log of edgeKey(): a file that grows is read from where it was taken
// up to, and moved away when it is large (the edge then opens a new one). What a file was taken up to is kept with its
// lines, by the file's inode, so that nothing is lost or doubled over restarts. Part of the door of collect. Thread
// rules: the thread of its Loop; files are read on a worker.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "logs/logs.h"
#include "net/net.h"

namespace orbit::collect {

class AccessLog {
 public:
  // `reopen`: tells the edge that its file was moved away.
  AccessLog(net::Loop& loop, logs::Store& store, std::string path, std::function<void()> reopen);
  net::Task<void> run(net::Cancel& cancel);

 private:
  struct Piece {
    std::uint64_t inode = 0;  // 0: there is no such file
    std::uint64_t bytes = 0;  // of the file
    std::string text;         // whole lines
  };
  Piece readFrom(const std::string& path) const;
  net::Task<bool> takeFrom(std::string path, net::Wait wait);
  net::Task<void> rotate(net::Wait wait);

  net::Loop& loop_;
  logs::Store& store_;
  const std::string path_;
  const std::function<void()> reopen_;
  std::map<std::uint64_t, std::uint64_t> taken_;  // by inode
};

// The time of a line, from its member "time"; 0 when there is none. Pure.
std::int64_t accessTimeUs(std::string_view line);

}  // namespace orbit::collect
