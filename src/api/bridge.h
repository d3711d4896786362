// Joins a caller's upgraded connection with a process's hijacked stream, both ways, until either ends. Private to api.
// Thread rules: the thread of its Loop.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "engine/engine.h"
#include "http/http.h"
#include "net/net.h"

namespace orbit::api {

class Bridge {
 public:
  struct Controls {
    std::function<net::Task<Status>(int columns, int rows)> resize;
    std::function<net::Task<Status>(std::string name)> signal;  // absent: signals are ignored
  };
  Bridge(net::Loop& loop, std::unique_ptr<net::Stream> caller, std::unique_ptr<net::Stream> process, bool tty,
         Controls controls, net::Cancel& stop);

  // Resolves when the process's output ended. Errors: kCancelled when the caller went away or `stop` was requested.
  net::Task<Status> run();
  // The same watch on the caller, while the process's status is awaited.
  net::Cancel& callerGone() { return callerGone_; }
  // The last frame.
  net::Task<void> finish(Result<int> exitCode);

 private:
  net::Task<void> fromCaller();
  net::Task<void> take(http::Frame frame);
  net::Task<void> resize(int columns, int rows);
  net::Task<Status> toCaller(std::string_view bytes, net::Wait wait);

  net::Loop& loop_;
  std::unique_ptr<net::Stream> caller_, process_;
  engine::FrameReader output_;
  Controls controls_;
  net::Cancel callerGone_;
  net::TaskGroup input_;  // last: destroyed first, with what it uses still there
};

}  // namespace orbit::api
