#include "http/wire.h"

#include <algorithm>
#include <cstring>

#include "http/core/limits.h"

namespace orbit::http {
namespace {

// A stream after an upgrade: what came along with the head is read first.
class TakenStream final : public net::Stream {
 public:
  TakenStream(std::unique_ptr<net::Stream> inner, std::string first)
      : inner_(std::move(inner)), first_(std::move(first)) {}

  net::Task<Result<std::size_t>> read(std::span<char> buffer, net::Wait wait) override {
    if (first_.empty()) co_return co_await inner_->read(buffer, wait);
    const std::size_t count = std::min(buffer.size(), first_.size());
    std::memcpy(buffer.data(), first_.data(), count);
    first_.erase(0, count);
    co_return count;
  }
  net::Task<Status> write(std::string_view bytes, net::Wait wait) override { return inner_->write(bytes, wait); }
  Status shutdownWrite() override { return inner_->shutdownWrite(); }
  net::Task<Status> closedByPeer(net::Wait wait) override { return inner_->closedByPeer(wait); }
  bool quiet() override { return first_.empty() && inner_->quiet(); }

 private:
  std::unique_ptr<net::Stream> inner_;
  std::string first_;
};

Error cutOff(std::string what) {
  return {Code::kUnavailable, "the connection ended in the middle of " + std::move(what)};
}

}  // namespace

net::Task<Result<bool>> Wire::fill(net::Wait wait) {
  const std::size_t before = unread_.size();
  // The buffer lives in this frame only, so that idle connections hold none.
  std::string buffer(kReadBytes, '\0');
  const Result<std::size_t> count = co_await stream_->read(buffer, wait);
  if (!count.ok()) co_return count.error();
  unread_.append(buffer, 0, *count);
  co_return unread_.size() > before;
}

net::Task<Result<std::string>> Wire::readHead(net::Wait wait) {
  HeadReader reader;
  for (;;) {
    std::string_view bytes = unread_;
    const Result<bool> whole = reader.feed(bytes);
    if (!whole.ok()) co_return whole.error();
    unread_.erase(0, unread_.size() - bytes.size());
    if (*whole) co_return reader.text();
    const Result<bool> more = co_await fill(wait);
    if (!more.ok()) co_return more.error();
    if (*more) continue;
    if (reader.started()) co_return cutOff("an HTTP head");
    co_return std::string();
  }
}

net::Task<Result<std::string>> Wire::readBody(BodyReader& body, net::Wait wait) {
  for (;;) {
    std::string_view bytes = unread_;
    const Result<std::string_view> piece = body.next(bytes);
    if (!piece.ok()) co_return piece.error();
    std::string copy(*piece);
    unread_.erase(0, unread_.size() - bytes.size());
    if (!copy.empty() || body.done()) co_return copy;
    const Result<bool> more = co_await fill(wait);
    if (!more.ok()) co_return more.error();
    if (*more) continue;
    if (body.endsWithConnection()) co_return std::string();
    co_return cutOff("an HTTP body");
  }
}

net::Task<Result<std::string>> Wire::readWhole(BodyReader& body, std::size_t bytesMax, net::Wait wait) {
  std::string whole;
  for (;;) {
    const Result<std::string> piece = co_await readBody(body, wait);
    if (!piece.ok()) co_return piece.error();
    if (piece->empty()) co_return whole;
    if (whole.size() + piece->size() > bytesMax) {
      co_return Error{Code::kLimit, "an HTTP body is longer than the " + std::to_string(bytesMax) + " bytes we take"};
    }
    whole += *piece;
  }
}

std::unique_ptr<net::Stream> Wire::takeStream() {
  if (unread_.empty()) return std::move(stream_);
  return std::make_unique<TakenStream>(std::move(stream_), std::move(unread_));
}

}  // namespace orbit::http
