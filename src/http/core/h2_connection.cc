#include "http/core/h2_connection.h"

#include <algorithm>
#include <array>

#include "http/core/h2_fields.h"
#include "http/core/limits.h"

namespace orbit::http {
namespace {

constexpr std::size_t kLowWaterBytes = 64 * 1024;

std::string_view textOf(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

void H2Connection::start(const nghttp2_session_callbacks* callbacks, const nghttp2_option* option) {
  ORBIT_CHECK(nghttp2_session_server_new2(&session_, callbacks, this, option) == 0);
  const std::array<nghttp2_settings_entry, 4> settings{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits_.streamsMax},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits_.streamWindowBytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits_.headerListBytesMax},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  ORBIT_CHECK(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0);
  ORBIT_CHECK(nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                                    static_cast<std::int32_t>(limits_.connectionWindowBytes)) == 0);
}

bool H2Connection::feed(std::string_view bytes, Instant now) {
  now_ = now;
  while (!failed_ && !bytes.empty()) {
    const H2Scanner::Piece piece = scanner_.next(bytes);
    if (piece.begins) onFrameBegins(piece.frame);
    if (!failed_ && !piece.bytes.empty()) give(piece.bytes);
  }
  return !failed_;
}

void H2Connection::onFrameBegins(const H2Frame& frame) {
  const bool onStream = frame.type == NGHTTP2_DATA || frame.type == NGHTTP2_HEADERS;
  const auto code = guard_.onFrame(frame, onStream && find(frame.stream) != nullptr, now_);
  if (code) fail(*code);
}

void H2Connection::give(std::string_view bytes) {
  const ssize_t result =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (result >= 0) return;
  switch (result) {
    case NGHTTP2_ERR_FLOODED:
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
    case NGHTTP2_ERR_TOO_MANY_SETTINGS:
      return fail(NGHTTP2_ENHANCE_YOUR_CALM);
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
      return fail(NGHTTP2_PROTOCOL_ERROR);
    default:
      return fail(NGHTTP2_INTERNAL_ERROR);
  }
}

// nghttp2 reads nothing more; what it has queued, and a GOAWAY, can still be taken.
void H2Connection::fail(std::uint32_t code) {
  if (failed_) return;
  failed_ = true;
  nghttp2_session_terminate_session(session_, code);
}

bool H2Connection::take(std::string& out, std::size_t bytesMax) {
  out_ = &out;
  outMax_ = out.size() + bytesMax;
  bool more = true;
  while (out.size() < outMax_) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size > 0) {
      out.append(textOf(bytes, static_cast<std::size_t>(size)));
      continue;
    }
    if (size < 0) failed_ = true;
    more = size == 0 && out.size() >= outMax_;  // a DATA frame did not fit
    break;
  }
  out_ = nullptr;
  if (!more) guard_.onAnswersOut();
  tellAll();
  return more || (!failed_ && nghttp2_session_want_write(session_) != 0 && out.size() >= outMax_);
}

void H2Connection::tellAll() {
  // A listener may add to the list by what it does in answer.
  for (std::size_t i = 0; i < told_.size(); ++i) {
    const Told told = told_[i];
    if (told.kind == Told::Kind::kSent) {
      events_.onSent(told.stream);
    } else if (told.kind == Told::Kind::kReset) {
      events_.onReset(told.stream, told.code);
    } else if (find(told.stream) != nullptr) {
      events_.onWritable(told.stream);
    }
  }
  told_.clear();
}

int H2Connection::onBeginHeaders(const nghttp2_frame& frame) {
  trailers_.clear();
  if (frame.headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  builder_.begin();
  H2Stream& stream = streams_.add(frame.hd.stream_id);
  nghttp2_session_set_stream_user_data(session_, stream.id, &stream);
  return 0;
}

int H2Connection::onHeader(const nghttp2_frame& frame, std::string_view name, std::string_view value) {
  const bool head = frame.headers.cat == NGHTTP2_HCAT_REQUEST;
  if (head ? builder_.add(name, value) : addTrailer(name, value)) return 0;
  fail(NGHTTP2_ENHANCE_YOUR_CALM);
  return NGHTTP2_ERR_CALLBACK_FAILURE;
}

int H2Connection::onFrame(const nghttp2_frame& frame) {
  const std::uint8_t type = frame.hd.type;
  if (type == NGHTTP2_PING && (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0) pinged_ = false;
  if (type != NGHTTP2_HEADERS && type != NGHTTP2_DATA && type != NGHTTP2_RST_STREAM) return 0;
  H2Stream* stream = find(frame.hd.stream_id);
  if (stream == nullptr) return 0;
  if (type == NGHTTP2_RST_STREAM) {
    stream->resetByClient = true;
  } else if (type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST) {
    onRequestHead(frame, *stream);
  } else if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) {
    return 0;
  } else if (type == NGHTTP2_HEADERS) {
    endWithTrailers(*stream);
  } else {
    endRequest(*stream, {});
  }
  return 0;
}

void H2Connection::onRequestHead(const nghttp2_frame& frame, H2Stream& stream) {
  const bool end = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  stream.requestEnded = end;
  if (!builder_.hasPriority()) {
    // Those that say nothing share the connection, rather than wait for each other (RFC 9218 10).
    const nghttp2_extpri shared{NGHTTP2_EXTPRI_DEFAULT_URGENCY, 1};
    nghttp2_session_change_extpri_stream_priority(session_, stream.id, &shared, 0);
  }
  if (const Refusal refusal = builder_.finish(end)) {
    refuse(stream, refusal);
    return;
  }
  stream.requested = true;
  events_.onRequest(stream.id, builder_.head(), end);
}

void H2Connection::refuse(H2Stream& stream, const Refusal& refusal) {
  tellRefused(stream, refusal.status == 400 ? 0 : refusal.status);
  if (refusal.status != 400) {
    respond(stream.id, refusal.status, "content-length: 0\r\n", true);
    return;
  }
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_PROTOCOL_ERROR);
}

void H2Connection::tellRefused(H2Stream& stream, int status) {
  if (stream.requested || stream.refused) return;
  stream.refused = true;
  events_.onRefused(builder_.head(), status);
}

// False: more than anybody means by a trailer.
bool H2Connection::addTrailer(std::string_view name, std::string_view value) {
  trailers_.append(name).append(": ").append(value).append("\r\n");
  return trailers_.size() <= kTrailerBytesMax;
}

// The bytes of names and values were nghttp2's to check; as lines, they are read as HTTP/1.1 reads them.
void H2Connection::endWithTrailers(H2Stream& stream) {
  if (keepTrailers(trailers_)) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_PROTOCOL_ERROR);
    return;
  }
  endRequest(stream, trailers_);
}

void H2Connection::endRequest(H2Stream& stream, std::string_view trailerLines) {
  stream.requestEnded = true;
  if (stream.requested && !stream.resetByListener) events_.onRequestEnd(stream.id, trailerLines);
}

int H2Connection::onData(std::int32_t id, std::string_view bytes) {
  H2Stream* stream = find(id);
  if (stream == nullptr || !stream->requested || stream->resetByListener || stream->sent) {
    nghttp2_session_consume(session_, id, bytes.size());
    return 0;
  }
  stream->unconsumed += bytes.size();
  events_.onBody(id, bytes);
  return 0;
}

int H2Connection::onStreamClose(std::int32_t id, std::uint32_t code) {
  H2Stream* stream = find(id);
  if (stream == nullptr) return 0;
  queued_ -= stream->queued();
  if (stream->unconsumed > 0) nghttp2_session_consume_connection(session_, stream->unconsumed);
  const bool ours = !stream->resetByClient && !stream->requestEnded;
  if (ours) guard_.onOurReset(id);
  // RFC 9113 6.9.2 has it so when SETTINGS made the window too large.
  if (code == NGHTTP2_FLOW_CONTROL_ERROR && !stream->resetByClient) fail(NGHTTP2_FLOW_CONTROL_ERROR);
  const bool mistake = !stream->resetByClient && !stream->resetByListener && code != NGHTTP2_NO_ERROR;
  if (mistake && guard_.onClientMistake(now_)) fail(NGHTTP2_ENHANCE_YOUR_CALM);
  if (stream->requested && !stream->sent && !stream->resetByListener) {
    if (out_ == nullptr) {
      streams_.remove(*stream);
      nghttp2_session_set_stream_user_data(session_, id, nullptr);
      events_.onReset(id, code);
      return 0;
    }
    told_.push_back({Told::Kind::kReset, id, code});
  }
  nghttp2_session_set_stream_user_data(session_, id, nullptr);
  streams_.remove(*stream);
  return 0;
}

// A field that RFC 9113 8.2 forbids; nghttp2 would drop it and go on.
void H2Connection::onInvalidHeader(const nghttp2_frame& frame) {
  if (H2Stream* stream = find(frame.hd.stream_id)) tellRefused(*stream, 0);
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, frame.hd.stream_id, NGHTTP2_PROTOCOL_ERROR);
}

// nghttp2 refused a HEADERS frame and will reset its stream, of which we may not have been told before.
int H2Connection::onInvalidFrame(const nghttp2_frame& frame) {
  if (frame.hd.type != NGHTTP2_HEADERS) return 0;
  if (H2Stream* stream = find(frame.hd.stream_id)) {
    tellRefused(*stream, 0);
    return 0;
  }
  events_.onRefused({}, 0);
  guard_.onOurReset(frame.hd.stream_id);
  if (guard_.onClientMistake(now_)) fail(NGHTTP2_ENHANCE_YOUR_CALM);
  return 0;
}

int H2Connection::onFrameSent(const nghttp2_frame& frame) {
  const bool onStream = frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS;
  if (!onStream || (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
  H2Stream* stream = find(frame.hd.stream_id);
  if (stream == nullptr || stream->sent) return 0;
  stream->sent = true;
  if (stream->requested) told_.push_back({Told::Kind::kSent, stream->id, 0});
  // RFC 9113 8.1: the rest of the request is not wanted.
  if (!stream->requestEnded) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
  }
  return 0;
}

ssize_t H2Connection::readBody(H2Stream& stream, std::size_t most, std::uint32_t& flags) {
  const std::size_t size = std::min(most, stream.queued());
  if (size == 0 && !stream.ended) {
    stream.deferred = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (stream.ended && size == stream.queued()) {
    flags |= NGHTTP2_DATA_FLAG_EOF;
    FieldViews fields;
    if (!stream.trailers.empty() && readFieldViews(stream.trailers, fields)) {
      flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      nghttp2_submit_trailer(session_, stream.id, fields.data(), fields.size());
    }
  }
  return static_cast<ssize_t>(size);
}

int H2Connection::sendBody(const nghttp2_frame&, const std::uint8_t* header, std::size_t size, H2Stream& stream) {
  constexpr std::size_t kFrameHeaderBytes = 9;
  if (out_->size() >= outMax_) return NGHTTP2_ERR_WOULDBLOCK;
  out_->append(textOf(header, kFrameHeaderBytes));
  out_->append(stream.queue, stream.taken, size);
  stream.taken += size;
  queued_ -= size;
  if (stream.queued() == 0) {
    stream.queue.clear();
    stream.taken = 0;
  } else if (stream.taken >= kLowWaterBytes) {
    stream.queue.erase(0, stream.taken);
    stream.taken = 0;
  }
  if (stream.wasFull && stream.queued() <= kLowWaterBytes) {
    stream.wasFull = false;
    told_.push_back({Told::Kind::kWritable, stream.id, 0});
  }
  return 0;
}

void H2Connection::respond(std::int32_t id, int status, std::string_view fieldLines, bool end) {
  H2Stream* stream = find(id);
  if (stream == nullptr || stream->responded || stream->resetByListener) return;
  stream->responded = true;
  stream->ended = end;
  FieldViews fields;
  addStatus(status, fields);
  readFieldViews(fieldLines, fields);
  nghttp2_data_provider provider{};
  provider.source.ptr = stream;
  provider.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t most, std::uint32_t* flags,
                              nghttp2_data_source* source, void* user) {
    return static_cast<H2Connection*>(user)->readBody(*static_cast<H2Stream*>(source->ptr), most, *flags);
  };
  nghttp2_submit_response(session_, id, fields.data(), fields.size(), end ? nullptr : &provider);
}

void H2Connection::interim(std::int32_t id, int status, std::string_view fieldLines) {
  const H2Stream* stream = find(id);
  if (stream == nullptr || stream->responded || stream->resetByListener) return;
  FieldViews fields;
  addStatus(status, fields);
  readFieldViews(fieldLines, fields);
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, id, nullptr, fields.data(), fields.size(), nullptr);
}

void H2Connection::wake(H2Stream& stream) {
  if (!stream.deferred) return;
  stream.deferred = false;
  nghttp2_session_resume_data(session_, stream.id);
}

std::size_t H2Connection::body(std::int32_t id, std::string_view bytes) {
  H2Stream* stream = find(id);
  if (stream == nullptr || stream->ended || stream->resetByListener || bytes.empty()) {
    return stream == nullptr ? 0 : stream->queued();
  }
  stream->queue.append(bytes);
  queued_ += bytes.size();
  if (stream->queued() > kLowWaterBytes) stream->wasFull = true;
  wake(*stream);
  return stream->queued();
}

void H2Connection::end(std::int32_t id, std::string_view trailerLines) {
  H2Stream* stream = find(id);
  if (stream == nullptr || stream->ended || stream->resetByListener) return;
  stream->ended = true;
  stream->trailers = trailerLines;
  wake(*stream);
}

void H2Connection::reset(std::int32_t id, H2Code code) {
  H2Stream* stream = find(id);
  if (stream == nullptr || stream->resetByListener) return;
  stream->resetByListener = true;
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, static_cast<std::uint32_t>(code));
}

void H2Connection::consumed(std::int32_t id, std::size_t bytes) {
  H2Stream* stream = find(id);
  if (stream == nullptr) return;  // its window was given back when it ended
  const std::size_t size = std::min(bytes, stream->unconsumed);
  stream->unconsumed -= size;
  if (size > 0) nghttp2_session_consume(session_, id, size);
}

void H2Connection::goAway() {
  if (!noticed_) {
    noticed_ = true;
    nghttp2_submit_shutdown_notice(session_);
    return;
  }
  const std::int32_t last = nghttp2_session_get_last_proc_stream_id(session_);
  guard_.onGoAway(last);
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
}

void H2Connection::ping() {
  pinged_ = true;
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
}

}  // namespace orbit::http
