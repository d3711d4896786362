// Calls of docs/api.md over the daemon's socket. Thread rules: the thread of its Loop.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "cli/events.h"
#include "cli/remote_host.h"
#include "format/json.h"
#include "http/http.h"
#include "net/net.h"

namespace orbit::cli {

class ApiClient {
 public:
  ApiClient(net::Loop& loop, const std::string& socketPath);
  // Of another machine: over ssh, one connection for all calls of a verb.
  ApiClient(net::Loop& loop, const RemoteHost& host);

  net::Task<Result<format::Json>> get(std::string target, net::Wait wait);
  // A call with a plain answer.
  net::Task<Result<format::Json>> post(std::string target, format::Json body, net::Wait wait);
  // One verb: every event but the result goes to `onEvent`, which may not block for long.
  // `onLine`, when set, gets each line as it came.
  std::function<void(std::string_view line)> onLine;
  net::Task<Result<ResultEvent>> stream(std::string target, format::Json body,
                                        std::function<void(const Event&)> onEvent, net::Wait wait);
  // Uploads a context archive from an open file of `bytes`; `onSent` is told how much went out. Answers the token.
  net::Task<Result<std::string>> upload(int file, std::int64_t bytes, std::function<void(std::int64_t)> onSent,
                                        net::Wait wait);
  // exec and attach: the raw stream after 101; null when the daemon answered 200 (detached).
  net::Task<Result<std::unique_ptr<net::Stream>>> upgrade(std::string target, format::Json body, net::Wait wait);

 private:
  net::Task<Result<std::unique_ptr<http::Answer>>> send(std::string method, std::string target, std::string body,
                                                        bool upgrade, net::Wait wait);
  net::Loop& loop_;
  std::string host_;  // "": this machine
  http::Client client_;
};

}  // namespace orbit::cli
