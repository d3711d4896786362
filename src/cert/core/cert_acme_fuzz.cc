// An authority that answers anything: each order comes to an end, and shows only tokens that are tokens.
#include "cert/core/acme.h"

namespace {

using namespace orbit::cert;

// Pieces of the input: a byte of length, then so many bytes (times 8 for bodies).
class Pieces {
 public:
  explicit Pieces(std::string_view rest) : rest_(rest) {}
  bool empty() const { return rest_.empty(); }
  std::string next(std::size_t unit = 1) {
    if (rest_.empty()) return {};
    const std::size_t size = static_cast<unsigned char>(rest_.front()) * unit;
    rest_.remove_prefix(1);
    const std::string piece(rest_.substr(0, size));
    rest_.remove_prefix(piece.size());
    return piece;
  }
  int status() {
    constexpr int kStatuses[] = {200, 200, 200, 200, 201, 400, 403, 429, 500, 503};
    const std::string one = next();
    return kStatuses[one.size() % std::size(kStatuses)];
  }

 private:
  std::string_view rest_;
};

constexpr int kStepsMax = 2000;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Kind = Order::Step::Kind;
  static const Key key = Key::make();
  Account account{"https://ca.test/dir", "", key, "", "", {}, {}};
  Pieces pieces({reinterpret_cast<const char*>(data), size});
  Order order(account, {"example.com", "*.example.com"}, "dns-01");
  for (int steps = 0;; ++steps) {
    ORBIT_CHECK(steps < kStepsMax);
    const Order::Step step = order.next();
    if (step.kind == Kind::kDone || step.kind == Kind::kFailed) return 0;
    if (step.kind == Kind::kPause) {
      order.paused();
    } else if (step.kind == Kind::kPresent) {
      for (const Proof& proof : order.proofs()) ORBIT_CHECK(proof.token.find_first_of("/.") == std::string::npos);
      order.presented({});
    } else if (pieces.empty()) {
      order.unreachable({orbit::Code::kUnavailable, "gone"});
    } else {
      AcmeAnswer answer;
      answer.status = pieces.status();
      answer.nonce = "n";
      answer.location = pieces.next();
      answer.retryAfter = pieces.next();
      answer.body = pieces.next(8);
      order.answered(answer, 1'800'000'000'000'000);
    }
  }
}
