// The upload of a build context: a body as large as the project, straight to a file.
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "api/verbs.h"

namespace orbit::api {
namespace {

constexpr std::int64_t kContextBytesMax = std::int64_t{16} * 1024 * 1024 * 1024;
constexpr auto kPieceArrives = std::chrono::minutes(2);

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { ::close(number_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Status writeAll(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(number_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        return Error{.code = errno == ENOSPC ? Code::kNoSpace : Code::kIo,
                     .message = std::string("cannot keep the build context: ") + std::strerror(errno),
                     .hint = "free some space where Orbit keeps its state (ORBIT_HOME)"};
      }
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

 private:
  int number_;
};

net::Task<Status> receive(Shared& shared, http::Exchange& exchange, const Descriptor& file) {
  CallerCancel caller(shared, exchange);
  std::int64_t received = 0;
  while (true) {
    const net::Wait wait{shared.services.loop.clock().now() + kPieceArrives, &caller.cancel()};
    auto piece = co_await exchange.readBody(wait);
    if (!piece.ok()) co_return std::move(piece).error();
    if (piece->empty()) co_return Status();
    received += static_cast<std::int64_t>(piece->size());
    if (received > kContextBytesMax) {
      co_return Error{.code = Code::kLimit,
                      .message = "the build context is larger than 16 GiB",
                      .hint = "leave out what the build does not need in .dockerignore"};
    }
    Status written;
    const std::function<void()> work = [&] { written = file.writeAll(*piece); };
    co_await shared.services.loop.offload(work);
    if (!written.ok()) co_return written;
  }
}

}  // namespace

net::Task<void> uploadContext(Shared& shared, http::Exchange& exchange, std::string) {
  auto upload = shared.contexts.create(shared.newId());
  if (!upload.ok()) co_return co_await refuse(exchange, std::move(upload).error());
  const std::map<std::string, std::string> uploaded{{"", upload->token}};
  ContextFolder::Use use(shared.contexts, uploaded);
  const Descriptor file(upload->descriptor);
  Status received = co_await receive(shared, exchange, file);
  if (!received.ok()) co_return co_await refuse(exchange, std::move(received).error());
  use.keep();
  format::Json body = format::Json::object();
  body.set("context", upload->token);
  co_await answer(exchange, std::move(body));
}

}  // namespace orbit::api
