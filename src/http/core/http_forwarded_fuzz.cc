// Forwarded and X-Forwarded-*: hostile values never make an untrusted peer somebody else, and what is sent on tells the
// next edge the same client. Input: lines, each a field by its first byte.
#include "base/text.h"
#include "http/core/forwarded.h"

namespace {

using namespace orbit;

void addField(http::RequestIndex& index, http::Known known, std::string_view value) {
  http::FieldIndex field;
  field.known = known;
  field.value = {static_cast<std::uint32_t>(index.text.size()), static_cast<std::uint32_t>(value.size())};
  index.text += value;
  index.fields.push_back(field);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  http::RequestIndex index;
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty()) continue;
    const char c = line.front();
    addField(index,
             c == 'F'   ? http::Known::kForwarded
             : c == 'P' ? http::Known::kXForwardedProto
                        : http::Known::kXForwardedFor,
             line.substr(1));
  }
  const auto trusted = http::IpRanges::parse({"10.0.0.0/8", "fd00::/8"});
  ORBIT_CHECK(trusted.ok());
  const http::IpBytes stranger = *http::parseIp("192.0.2.1");
  const http::ClientOrigin direct = clientOrigin(index, stranger, true, *trusted);
  ORBIT_CHECK(direct.address == stranger && direct.https && direct.forwardedFor == "192.0.2.1");

  const http::IpBytes proxy = *http::parseIp("10.0.0.1");
  const http::ClientOrigin origin = clientOrigin(index, proxy, false, *trusted);
  ORBIT_CHECK(endsWith(origin.forwardedFor, "10.0.0.1"));
  ORBIT_CHECK(http::parseIp(http::ipText(origin.address)) == origin.address);
  http::RequestIndex next;
  addField(next, http::Known::kXForwardedFor, origin.forwardedFor);
  const std::size_t hops = split(origin.forwardedFor, ',').size();
  const http::ClientOrigin again = clientOrigin(next, *http::parseIp("fd00::1"), false, *trusted);
  // A list is followed so far and no farther; the next one has one more to follow.
  ORBIT_CHECK(hops <= 33 && (again.address == origin.address || hops == 33));

  const auto range = http::IpRanges::parse({std::string(text.substr(0, 64))});
  if (range.ok()) ORBIT_CHECK(!range->empty());
  return 0;
}
