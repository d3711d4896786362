// The connection behind H2Server: nghttp2's callbacks in, its frames out. Private to http. Thread rules: one thread.
#pragma once
#include <nghttp2/nghttp2.h>

#include <vector>

#include "http/core/h2_guard.h"
#include "http/core/h2_request.h"
#include "http/core/h2_stream.h"

namespace orbit::http {

class H2Connection final : public H2Server {
 public:
  H2Connection(const H2Limits& limits, Events& events)
      : limits_(limits), events_(events), guard_(limits_), builder_(limits.headerListBytesMax) {}
  ~H2Connection() override { nghttp2_session_del(session_); }
  H2Connection(const H2Connection&) = delete;
  H2Connection& operator=(const H2Connection&) = delete;
  void start(const nghttp2_session_callbacks* callbacks, const nghttp2_option* option);

  bool feed(std::string_view bytes, Instant now) override;
  bool take(std::string& out, std::size_t bytesMax) override;
  bool idle() const override { return streams_.empty(); }
  bool finished() const override {
    return nghttp2_session_want_write(session_) == 0 && (failed_ || nghttp2_session_want_read(session_) == 0);
  }

  void respond(std::int32_t stream, int status, std::string_view fieldLines, bool end) override;
  void interim(std::int32_t stream, int status, std::string_view fieldLines) override;
  std::size_t body(std::int32_t stream, std::string_view bytes) override;
  std::size_t queued() const override { return queued_; }
  void end(std::int32_t stream, std::string_view trailerLines) override;
  void reset(std::int32_t stream, H2Code code) override;
  void consumed(std::int32_t stream, std::size_t bytes) override;
  void goAway() override;
  void ping() override;
  bool answered() const override { return !pinged_; }

  // nghttp2's callbacks.
  int onBeginHeaders(const nghttp2_frame& frame);
  int onHeader(const nghttp2_frame& frame, std::string_view name, std::string_view value);
  int onFrame(const nghttp2_frame& frame);
  int onData(std::int32_t id, std::string_view bytes);
  int onStreamClose(std::int32_t id, std::uint32_t code);
  int onInvalidFrame(const nghttp2_frame& frame);
  void onInvalidHeader(const nghttp2_frame& frame);
  int onFrameSent(const nghttp2_frame& frame);
  ssize_t readBody(H2Stream& stream, std::size_t most, std::uint32_t& flags);
  int sendBody(const nghttp2_frame& frame, const std::uint8_t* header, std::size_t size, H2Stream& stream);

 private:
  struct Told {
    enum class Kind : std::uint8_t { kSent, kReset, kWritable } kind;
    std::int32_t stream;
    std::uint32_t code;
  };
  H2Stream* find(std::int32_t id) const {
    return static_cast<H2Stream*>(nghttp2_session_get_stream_user_data(session_, id));
  }
  void onFrameBegins(const H2Frame& frame);
  void give(std::string_view bytes);
  void fail(std::uint32_t code);
  void onRequestHead(const nghttp2_frame& frame, H2Stream& stream);
  void refuse(H2Stream& stream, const Refusal& refusal);
  void tellRefused(H2Stream& stream, int status);
  bool addTrailer(std::string_view name, std::string_view value);
  void endRequest(H2Stream& stream, std::string_view trailerLines);
  void endWithTrailers(H2Stream& stream);
  void wake(H2Stream& stream);
  void tellAll();

  const H2Limits limits_;
  Events& events_;
  nghttp2_session* session_ = nullptr;
  H2Scanner scanner_;
  H2Guard guard_;
  H2RequestBuilder builder_;  // of the one header block under way
  std::string trailers_;      // the same, behind a body; as lines
  H2Streams streams_;
  Instant now_{};
  bool failed_ = false;
  bool noticed_ = false;  // the first GOAWAY was queued
  bool pinged_ = false;
  std::size_t queued_ = 0;      // bytes of bodies, for all streams
  std::string* out_ = nullptr;  // during take()
  std::size_t outMax_ = 0;
  std::vector<Told> told_;  // for the listener, when nghttp2 is done
};

}  // namespace orbit::http
