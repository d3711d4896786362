// Heads into indexes: however the bytes arrive, the same outcome; what is accepted means the same when it is sent on,
// and the same to the reading into values. The first byte chooses request or response and the limits.
#include "http/core/body.h"
#include "http/core/head.h"
#include "http/core/index.h"
#include "http/core/uri.h"

namespace {

using namespace orbit;
using Kind = http::ParseOutcome::Kind;

// A part is never taken for another whole. What is wrong with it may be told later, when more has arrived.
template <class Parse>
void checkCuts(std::string_view bytes, const http::ParseOutcome& whole, const Parse& parse) {
  const std::size_t step = 1 + bytes.size() / 64;
  for (std::size_t size = 0; size < bytes.size(); size += step) {
    const http::ParseOutcome part = parse(bytes.substr(0, size));
    if (part.kind == Kind::kMore || (whole.kind == Kind::kMore && part.kind == Kind::kBad)) continue;
    ORBIT_CHECK(part.kind == whole.kind && part.size == whole.size && part.status == whole.status);
  }
}

void checkSlices(const http::HeadIndex& index) {
  for (const http::FieldIndex& field : index.fields) {
    const std::string_view name = index.at(field.name);
    const std::string_view value = index.at(field.value);
    ORBIT_CHECK(name.size() == field.name.size && value.size() == field.value.size);
    ORBIT_CHECK(!name.empty() && http::knownName(name) == field.known);
    ORBIT_CHECK(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    ORBIT_CHECK(value.empty() || (value.front() != ' ' && value.back() != ' '));
  }
}

http::RequestHead sentOn(const http::RequestIndex& index) {
  http::RequestHead head;
  head.method = index.at(index.methodText);
  head.target = index.at(index.path);
  if (index.hasQuery) head.target.append("?").append(index.at(index.query));
  head.fields.add("Host", std::string(index.at(index.hostPort)));
  for (const http::FieldIndex& field : index.fields) {
    if (field.known == http::Known::kHost || field.known == http::Known::kContentLength) continue;
    if (!isHopByHop(index, field))
      head.fields.add(std::string(index.at(field.name)), std::string(index.at(field.value)));
  }
  if (index.framing.kind == http::Framing::Kind::kChunked) head.fields.add("Transfer-Encoding", "chunked");
  if (index.framing.kind == http::Framing::Kind::kLength) {
    head.fields.add("Content-Length", std::to_string(index.framing.length));
  }
  return head;
}

void request(std::string_view bytes, const http::HeadLimits& limits) {
  http::RequestIndex index;
  http::RequestIndex other;
  const http::ParseOutcome outcome = parseRequestHead(bytes, limits, index);
  checkCuts(bytes, outcome, [&](std::string_view part) { return parseRequestHead(part, limits, other); });
  ORBIT_CHECK(outcome.kind != Kind::kBad || (outcome.status >= 400 && *outcome.reason != '\0'));
  if (outcome.kind != Kind::kDone) return;
  checkSlices(index);
  const std::string_view path = index.at(index.path);
  ORBIT_CHECK(path == "*" || http::isNormalPath(path));
  ORBIT_CHECK(http::isQuery(index.at(index.query)));
  ORBIT_CHECK(http::normalHost(index.at(index.hostPort)) == index.at(index.host));
  ORBIT_CHECK(http::normalHost(index.at(index.host)) == index.at(index.host));

  const std::string_view head = bytes.substr(0, outcome.size);
  const auto values = http::parseRequest(head);
  ORBIT_CHECK(values.ok() && values->head.fields.size() >= index.fields.size());
  const auto framing = http::requestFraming(values->head.fields, values->minorVersion);
  ORBIT_CHECK(framing.ok() && framing->kind == index.framing.kind && framing->length == index.framing.length);

  const auto sent = http::encodeRequest(sentOn(index));
  ORBIT_CHECK(sent.ok());
  const http::HeadLimits roomy{1 << 20, 1 << 10, 1 << 18};
  const http::ParseOutcome again = parseRequestHead(*sent, roomy, other);
  ORBIT_CHECK(again.kind == Kind::kDone && again.size == sent->size());
  ORBIT_CHECK(other.at(other.path) == path && other.at(other.query) == index.at(index.query));
  ORBIT_CHECK(other.at(other.host) == index.at(index.host) && other.hasQuery == index.hasQuery);
  ORBIT_CHECK(other.framing.kind == index.framing.kind && other.framing.length == index.framing.length);
}

void response(std::string_view bytes, const http::HeadLimits& limits, http::Method method) {
  http::ResponseIndex index;
  http::ResponseIndex other;
  const http::ParseOutcome outcome = parseResponseHead(bytes, limits, method, index);
  checkCuts(bytes, outcome, [&](std::string_view part) { return parseResponseHead(part, limits, method, other); });
  ORBIT_CHECK(outcome.kind != Kind::kBad || outcome.status == 502);
  if (outcome.kind != Kind::kDone) return;
  checkSlices(index);
  ORBIT_CHECK(index.status >= 100 && index.status <= 599);
  const auto values = http::parseResponse(bytes.substr(0, outcome.size));
  ORBIT_CHECK(values.ok() && values->head.status == index.status);
  const auto framing = http::responseFraming(values->head, values->minorVersion, methodName(method));
  ORBIT_CHECK(framing.ok() && framing->kind == index.framing.kind && framing->length == index.framing.length);
  ORBIT_CHECK(!index.keepAlive || index.framing.kind != http::Framing::Kind::kUntilClose);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  http::HeadLimits limits;
  if ((data[0] & 2) != 0) limits = {700, 6, 60};
  if ((data[0] & 1) == 0) {
    request(bytes, limits);
  } else {
    response(bytes, limits, (data[0] & 4) != 0 ? http::Method::kHead : http::Method::kGet);
  }
  return 0;
}
