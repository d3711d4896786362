// A client's bytes against the HTTP/2 server: it survives any of them, hands up only whole and well-formed requests,
// and gives out only whole frames. The first byte chooses how the bytes are cut and how requests are answered.
#include <map>

#include "http/core/h2.h"
#include "http/core/lines.h"
#include "http/core/syntax.h"
#include "http/core/uri.h"

namespace {

using namespace orbit;

class Listener final : public http::H2Server::Events {
 public:
  explicit Listener(unsigned way) : way_(way) {}
  void onRequest(std::int32_t stream, http::RequestIndex& head, bool end) override {
    const std::string_view path = head.at(head.path);
    ORBIT_CHECK(head.http2 && stream % 2 == 1);
    ORBIT_CHECK(path == "*" || http::isNormalPath(path));
    ORBIT_CHECK(http::normalHost(head.at(head.hostPort)) == std::string(head.at(head.host)));
    ORBIT_CHECK(!head.hasQuery || http::isQuery(head.at(head.query)));
    ORBIT_CHECK(!end || head.framing.length == 0);
    for (const http::FieldIndex& field : head.fields) {
      ORBIT_CHECK(http::isToken(head.at(field.name)) && http::isFieldValue(head.at(field.value)));
      ORBIT_CHECK(field.known != http::Known::kTransferEncoding && field.known != http::Known::kConnection);
    }
    ORBIT_CHECK(open.emplace(stream, head.framing).second);
    if ((way_ & 4) != 0) server->interim(stream, 103, "Link: </a>\r\n");
    if ((way_ & 8) != 0) answer(stream);
    if (end && open.contains(stream)) onRequestEnd(stream, {});
  }
  void onRefused(const http::RequestIndex& head, int status) override {
    ORBIT_CHECK(status == 0 || status >= 400);
    ORBIT_CHECK(head.at(head.methodText).size() + head.at(head.target).size() <= head.text.size());
    for (const http::FieldIndex& field : head.fields) ORBIT_CHECK(!head.at(field.name).empty());
  }
  void onBody(std::int32_t stream, std::string_view bytes) override {
    ORBIT_CHECK(open.contains(stream));
    got_[stream] += bytes.size();
    const http::Framing& framing = open[stream];
    if (framing.kind == http::Framing::Kind::kLength) ORBIT_CHECK(got_[stream] <= framing.length);
    if ((way_ & 16) == 0) server->consumed(stream, bytes.size());
  }
  void onRequestEnd(std::int32_t stream, std::string_view trailerLines) override {
    ORBIT_CHECK(open.contains(stream));
    std::string kept(trailerLines);
    ORBIT_CHECK(!http::keepTrailers(kept) && kept == trailerLines);
    if (open[stream].kind == http::Framing::Kind::kLength) ORBIT_CHECK(got_[stream] == open[stream].length);
    if ((way_ & 8) == 0) answer(stream);
  }
  void onReset(std::int32_t stream, std::uint32_t) override { ORBIT_CHECK(open.erase(stream) == 1); }
  void onWritable(std::int32_t stream) override { server->end(stream, "X-Trailer: 1\r\n"); }
  void onSent(std::int32_t stream) override { ORBIT_CHECK(open.erase(stream) == 1); }

  http::H2Server* server = nullptr;
  std::map<std::int32_t, http::Framing> open;

 private:
  void answer(std::int32_t stream) {
    if ((way_ & 32) != 0 && stream % 3 == 0) {
      open.erase(stream);
      return server->reset(stream, http::H2Code::kCancel);
    }
    server->respond(stream, 200, "Content-Type: text/plain\r\n", false);
    server->body(stream, std::string((way_ & 64) != 0 ? 100'000 : 10, 'x'));
    if ((way_ & 64) == 0) server->end(stream, "");
  }

  unsigned way_;
  std::map<std::int32_t, std::uint64_t> got_;
};

void checkFrames(std::string_view out) {
  constexpr std::size_t kHeader = 9;
  while (!out.empty()) {
    ORBIT_CHECK(out.size() >= kHeader);
    std::size_t size = 0;
    for (int i = 0; i < 3; ++i) size = size << 8 | static_cast<unsigned char>(out[static_cast<std::size_t>(i)]);
    ORBIT_CHECK(size <= 16384 && out.size() >= kHeader + size);
    out.remove_prefix(kHeader + size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned way = data[0];
  std::string bytes;
  // Most inputs begin where the interesting part does.
  if ((way & 1) != 0) bytes = std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
  bytes.append(reinterpret_cast<const char*>(data) + 1, size - 1);
  Listener listener(way);
  const auto server = http::H2Server::create({}, listener);
  listener.server = server.get();
  const std::size_t step = (way & 2) != 0 ? 7 : bytes.size() + 1;
  std::string out;
  bool alive = true;
  for (std::size_t at = 0; at < bytes.size() && alive && !server->finished(); at += step) {
    alive = server->feed(std::string_view(bytes).substr(at, step), Instant{});
    while (server->take(out, 4096)) {
    }
  }
  checkFrames(out);
  if (!alive) ORBIT_CHECK(server->finished());
  return 0;
}
