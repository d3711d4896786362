// How nghttp2 is set up for H2Connection: callbacks and options, once a process.
#include "http/core/h2.h"

#include "http/core/h2_connection.h"

namespace orbit::http {
namespace {

constexpr std::uint32_t kHeaderTableBytes = 4096;

H2Connection& self(void* user) {
  return *static_cast<H2Connection*>(user);
}

std::string_view textOf(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

nghttp2_session_callbacks* makeCallbacks() {
  nghttp2_session_callbacks* made = nullptr;
  ORBIT_CHECK(nghttp2_session_callbacks_new(&made) == 0);
  nghttp2_session_callbacks_set_on_begin_headers_callback(
      made, [](nghttp2_session*, const nghttp2_frame* frame, void* user) { return self(user).onBeginHeaders(*frame); });
  nghttp2_session_callbacks_set_on_header_callback(
      made, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t nameSize,
               const std::uint8_t* value, std::size_t valueSize, std::uint8_t,
               void* user) { return self(user).onHeader(*frame, textOf(name, nameSize), textOf(value, valueSize)); });
  nghttp2_session_callbacks_set_on_invalid_header_callback(
      made,
      [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t*, std::size_t, const std::uint8_t*,
         std::size_t, std::uint8_t, void* user) -> int {
        self(user).onInvalidHeader(*frame);
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      made, [](nghttp2_session*, const nghttp2_frame* frame, void* user) { return self(user).onFrame(*frame); });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      made, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
               void* user) { return self(user).onData(id, textOf(bytes, size)); });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      made, [](nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
        return self(user).onStreamClose(id, code);
      });
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(
      made,
      [](nghttp2_session*, const nghttp2_frame* frame, int, void* user) { return self(user).onInvalidFrame(*frame); });
  nghttp2_session_callbacks_set_on_frame_send_callback(
      made, [](nghttp2_session*, const nghttp2_frame* frame, void* user) { return self(user).onFrameSent(*frame); });
  nghttp2_session_callbacks_set_send_data_callback(
      made, [](nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* header, std::size_t size,
               nghttp2_data_source* source,
               void* user) { return self(user).sendBody(*frame, header, size, *static_cast<H2Stream*>(source->ptr)); });
  return made;
}

nghttp2_option* makeOption() {
  nghttp2_option* made = nullptr;
  ORBIT_CHECK(nghttp2_option_new(&made) == 0);
  nghttp2_option_set_no_auto_window_update(made, 1);
  nghttp2_option_set_no_closed_streams(made, 1);  // the guard knows what it needs of them
  nghttp2_option_set_max_deflate_dynamic_table_size(made, kHeaderTableBytes);
  // The guard's limits come before these, and it knows when answers went out.
  nghttp2_option_set_max_outbound_ack(made, 100'000);
  nghttp2_option_set_max_continuations(made, 1000);
  nghttp2_option_set_stream_reset_rate_limit(made, 1'000'000, 1'000'000);
  return made;
}

}  // namespace

std::unique_ptr<H2Server> H2Server::create(const H2Limits& limits, Events& events) {
  static const nghttp2_session_callbacks* const callbacks = makeCallbacks();
  static const nghttp2_option* const option = makeOption();
  auto connection = std::make_unique<H2Connection>(limits, events);
  connection->start(callbacks, option);
  return connection;
}

}  // namespace orbit::http
