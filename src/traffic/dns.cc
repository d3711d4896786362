#include "traffic/dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>

#include <array>
#include <cerrno>

#include "base/base.h"

namespace orbit::traffic {
namespace {

constexpr int kCaa = 257;  // RFC 8659 4.1
constexpr std::size_t kReplyBytesMax = 16 * 1024;
constexpr int kTrySeconds = 2;
constexpr int kTries = 2;

class Resolver {
 public:
  Resolver() : good_(::res_ninit(&state_) == 0) {
    state_.retrans = kTrySeconds;
    state_.retry = kTries;
    state_.nscount = std::min(state_.nscount, 1);
  }
  ~Resolver() {
    if (good_) ::res_nclose(&state_);
  }
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // False when the name servers gave no usable reply; a name or record that does not exist is a good one.
  bool ask(const std::string& host, int type, DnsAnswer& into) {
    if (!good_) return false;
    std::vector<unsigned char> reply(kReplyBytesMax);
    const int size = ::res_nquery(&state_, host.c_str(), ns_c_in, type, reply.data(), static_cast<int>(reply.size()));
    if (size < 0) return state_.res_h_errno == HOST_NOT_FOUND || state_.res_h_errno == NO_DATA;
    const auto used = std::min(static_cast<std::size_t>(size), reply.size());
    return readReply({reply.data(), used}, into);
  }

 private:
  struct __res_state state_ {};
  bool good_;
};

void addOnce(std::vector<std::string>& all, std::string value) {
  if (std::find(all.begin(), all.end(), value) == all.end()) all.push_back(std::move(value));
}

// flags, tag length, tag, value (RFC 8659 4.1).
std::string caaText(std::string_view data) {
  if (data.size() < 2) return {};
  const auto tagSize = static_cast<unsigned char>(data[1]);
  if (data.size() < 2u + tagSize) return {};
  return lower(data.substr(2, tagSize)) + " " + std::string(data.substr(2u + tagSize));
}

void addRecord(const ns_msg& message, const ns_rr& record, DnsAnswer& into) {
  const unsigned char* data = ns_rr_rdata(record);
  const std::size_t size = ns_rr_rdlen(record);
  char text[NS_MAXDNAME] = {};
  switch (static_cast<int>(ns_rr_type(record))) {
    case ns_t_a:
      if (size == 4 && ::inet_ntop(AF_INET, data, text, sizeof text) != nullptr) addOnce(into.a, text);
      break;
    case ns_t_aaaa:
      if (size == 16 && ::inet_ntop(AF_INET6, data, text, sizeof text) != nullptr) addOnce(into.aaaa, text);
      break;
    case ns_t_cname:
      if (::ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), data, text, sizeof text) >= 0) {
        addOnce(into.cname, lower(text));
      }
      break;
    case kCaa:
      addOnce(into.caa, caaText({reinterpret_cast<const char*>(data), size}));
      break;
    default:
      break;
  }
}

}  // namespace

bool readReply(std::span<const unsigned char> reply, DnsAnswer& into) {
  ns_msg message;
  if (::ns_initparse(reply.data(), static_cast<int>(reply.size()), &message) != 0) return false;
  const int records = ns_msg_count(message, ns_s_an);
  for (int i = 0; i < records; ++i) {
    ns_rr record;
    if (::ns_parserr(&message, ns_s_an, i, &record) != 0) return false;
    addRecord(message, record, into);
  }
  return true;
}

DnsAnswer lookUp(const std::string& host) {
  DnsAnswer answer;
  Resolver resolver;
  // Any name under a wildcard shows whether it has arrived.
  const std::string asked = startsWith(host, "*.") ? "orbit-check" + host.substr(1) : host;
  bool good = resolver.ask(asked, ns_t_a, answer);
  if (good) good = resolver.ask(asked, ns_t_aaaa, answer);
  std::string at = startsWith(host, "*.") ? host.substr(2) : host;
  while (good && answer.caa.empty() && at.find('.') != std::string::npos) {
    good = resolver.ask(at, kCaa, answer);
    at = at.substr(at.find('.') + 1);
  }
  if (!good) answer.problem = "the name servers of this machine did not answer";
  return answer;
}

}  // namespace orbit::traffic
