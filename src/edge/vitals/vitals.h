// Core Web Vitals of real visitors: what is added to a page so that its browser reports them, and what comes back. The
// browser's part is the `web-vitals` package and beacon.js. No personal data: of a page its path is kept, with all that
// looks like an id taken out, and the release that served it. Private to edge. Thread rules: plain values.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "http/core/index.h"

namespace orbit::edge {

// Below a route's path: the script, and (without ".js") where beacons go.
inline constexpr std::string_view kVitalsPath = "/.well-known/orbit/vitals";
inline constexpr std::size_t kBeaconBytesMax = 4096;

// What a browser gets at kVitalsPath + ".js".
std::string_view vitalsScript();

// Whether this request is for a page that a person looks at: only then an answer is asked for without compression.
bool wantsPage(const http::RequestIndex& request);
// Whether the tag may be added: a whole HTML page, neither encoded nor `no-transform` (RFC 9111 5.2.2.6).
bool takesTag(const http::ResponseIndex& answer);
// `path`: the route's vitalsPath. The nonce of the page's Content-Security-Policy is honoured.
std::string vitalsTag(std::string_view path, std::string_view release, const http::ResponseIndex& answer);

// Finds where in a page the tag goes: behind `<head ...>`. Pieces may be cut anywhere. What has none within the first
// 32 KiB gets it at its end.
class HeadFinder {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  static constexpr std::size_t kWithin = 32 * 1024;
  // The place in this piece, once; kNone otherwise.
  std::size_t find(std::string_view piece);

 private:
  enum class In : std::uint8_t { kText, kTag, kHead, kComment };
  bool step(char c);
  In in_ = In::kText;
  char quote_ = 0;
  std::array<char, 4> last_{};  // of what was read: "<!--", "-->", the tag's name
  std::uint8_t lastSize_ = 0;
  std::size_t seen_ = 0;
};

struct Vital {
  std::string_view name;    // "LCP", "INP", "CLS"
  std::uint64_t value = 0;  // us; of CLS millionths
  bool fromCache = false;   // the page came back from the back-forward cache: a view of another kind
};
struct Beacon {
  std::string_view release;  // as the page's tag had it: not to be believed
  std::string page;          // the path's shape: "/orders/:id"
  std::vector<Vital> vitals;
};
// The text of beacon.js: "1 RELEASE PATH", then "NAME VALUE NAVIGATION" a line. False: it is none. Views into `text`.
bool readBeacon(std::string_view text, Beacon& beacon);
// What is told apart, as one text. Whoever sends beacons chooses their pages, and a series is never given back: a burst
// of new names is taken, then one every few seconds, and only so many in the life of a worker.
class VitalNames {
 public:
  // False: it is to be counted as "(other)".
  bool take(const std::string& name, Instant now);

 private:
  std::unordered_set<std::string> known_;
  Instant refilled_{};
  std::size_t used_ = 0;  // of the burst
};
// A path without what looks like an id, a name or a secret: such segments are ":id"; at most six segments.
std::string pageOf(std::string_view path);

}  // namespace orbit::edge
