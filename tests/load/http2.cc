// The HTTP/2 visitor: nghttp2 as the other end, so that the edge's own code does not judge itself.
#include <nghttp2/nghttp2.h>

#include <cstring>
#include <map>

#include "visitors.h"

namespace load {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kStreams = 4;

struct Exchange {
  Clock::time_point begun;
  int status = 0;
  std::string version;
};

class Connection {
 public:
  Connection(const Visitor& visitor, Stream& stream) : visitor_(visitor), stream_(stream) {
    nghttp2_session_callbacks* calls = nullptr;
    nghttp2_session_callbacks_new(&calls);
    nghttp2_session_callbacks_set_on_header_callback(calls, onHeader);
    nghttp2_session_callbacks_set_on_stream_close_callback(calls, onClose);
    nghttp2_session_callbacks_set_on_frame_recv_callback(calls, onFrame);
    nghttp2_session_client_new(&session_, calls, this);
    nghttp2_session_callbacks_del(calls);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
  }
  ~Connection() { nghttp2_session_del(session_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Requests until the other side says GOAWAY and what is open is answered, or it is over.
  void run(Pace& pace, std::size_t& turn) {
    std::string why;
    while (!(leaving() && open_.empty())) {
      if (!leaving() && open_.size() < kStreams && pace.due() == 0) {
        pace.taken();
        ask(visitor_.paths[turn++ % visitor_.paths.size()]);
      }
      if (!flush(why) || !receive(std::min(20, std::max(1, pace.due())), why) || late(why)) return failAll(why);
    }
    if (told_) visitor_.report.closed("h2");
  }

 private:
  bool leaving() const { return told_ || visitor_.over; }

  void ask(const std::string& path) {
    const auto pair = [](const char* name, const std::string& value) {
      return nghttp2_nv{reinterpret_cast<std::uint8_t*>(const_cast<char*>(name)),
                        reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), std::strlen(name),
                        value.size(), NGHTTP2_NV_FLAG_NONE};
    };
    const std::string method = "GET", scheme = "https";
    const std::string authority = visitor_.where.host;
    const nghttp2_nv fields[] = {pair(":method", method), pair(":scheme", scheme), pair(":authority", authority),
                                 pair(":path", path)};
    const std::int32_t id = nghttp2_submit_request(session_, nullptr, fields, 4, nullptr, nullptr);
    if (id < 0) return visitor_.report.failed("h2", nghttp2_strerror(id));
    open_[id] = {Clock::now(), 0, {}};
  }

  bool flush(std::string& why) {
    const std::uint8_t* data = nullptr;
    for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_, &data)) > 0;) {
      if (!stream_.write({reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)}, why)) return false;
    }
    return true;
  }

  bool receive(int ms, std::string& why) {
    std::string in;
    const auto got = stream_.read(in, ms, why);
    if (got == Stream::Got::kNothing) return true;
    if (got == Stream::Got::kEnd) why = "closed";
    if (got != Stream::Got::kBytes) return false;
    const auto used = nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(in.data()), in.size());
    if (used < 0) why = nghttp2_strerror(static_cast<int>(used));
    return used >= 0;
  }

  bool late(std::string& why) const {
    for (const auto& [id, one] : open_) {
      if (Clock::now() - one.begun > std::chrono::milliseconds(visitor_.where.timeoutMs))
        return why = "no answer in time", true;
    }
    return false;
  }

  // The connection is gone: what was open is lost. Between two requests it is none's failure.
  void failAll(const std::string& why) {
    for (std::size_t i = 0; i < open_.size(); ++i) visitor_.report.failed("h2", why + " before an answer");
    open_.clear();
    if (!told_) visitor_.report.closed("h2");
  }

  static int onHeader(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t nameSize,
                      const std::uint8_t* value, std::size_t valueSize, std::uint8_t, void* self) {
    auto& open = static_cast<Connection*>(self)->open_;
    const auto at = open.find(frame->hd.stream_id);
    if (at == open.end()) return 0;
    const std::string_view key(reinterpret_cast<const char*>(name), nameSize);
    const std::string text(reinterpret_cast<const char*>(value), valueSize);
    if (key == ":status") at->second.status = std::atoi(text.c_str());
    if (key == "x-app") at->second.version = text;
    return 0;
  }

  static int onClose(nghttp2_session*, std::int32_t id, std::uint32_t code, void* self) {
    auto& connection = *static_cast<Connection*>(self);
    const auto at = connection.open_.find(id);
    if (at == connection.open_.end()) return 0;
    const Exchange one = at->second;
    connection.open_.erase(at);
    auto& report = connection.visitor_.report;
    if (code != NGHTTP2_NO_ERROR) {
      report.failed("h2", std::string("stream ended with ") + nghttp2_http2_strerror(code) +
                              (connection.told_ ? " after GOAWAY" : ""));
    } else if (one.status < 200 || one.status > 299) {
      report.failed("h2",
                    "status " + std::to_string(one.status) + " of " + (one.version.empty() ? "the edge" : one.version));
    } else {
      report.answered("h2", one.version, Clock::now() - one.begun);
    }
    return 0;
  }

  static int onFrame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    if (frame->hd.type == NGHTTP2_GOAWAY) static_cast<Connection*>(self)->told_ = true;
    return 0;
  }

  const Visitor& visitor_;
  Stream& stream_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, Exchange> open_;
  bool told_ = false;  // GOAWAY came
};

}  // namespace

void http2(Visitor visitor) {
  visitor.where.h2 = true;
  Pace pace(visitor.rate, visitor.over);
  std::size_t turn = 0;
  while (!visitor.over) {
    std::string why;
    const auto stream = Stream::open(visitor.where, why);
    if (!stream) {
      visitor.report.failed("h2", why);
      pace.wait();
      continue;
    }
    Connection(visitor, *stream).run(pace, turn);
  }
}

}  // namespace load
