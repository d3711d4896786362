#include "hold/address.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "net/net.h"

namespace orbit::hold {
namespace {

bool isPrivate(const VirtualAddress& address) {
  const unsigned char* b = address.bytes;
  if (address.v6) return (b[0] & 0xfeU) == 0xfcU;
  return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0U) == 16) || (b[0] == 192 && b[1] == 168);
}

struct Message {
  nlmsghdr header;
  ifaddrmsg body;
  char attributes[64];
};

void addAttribute(Message& message, unsigned short type, const VirtualAddress& address) {
  const std::size_t size = address.v6 ? 16 : 4;
  auto* at = reinterpret_cast<rtattr*>(reinterpret_cast<char*>(&message) + NLMSG_ALIGN(message.header.nlmsg_len));
  at->rta_type = type;
  at->rta_len = static_cast<unsigned short>(RTA_LENGTH(size));
  std::memcpy(RTA_DATA(at), address.bytes, size);
  message.header.nlmsg_len = static_cast<unsigned>(NLMSG_ALIGN(message.header.nlmsg_len) + RTA_ALIGN(at->rta_len));
}

// The kernel's errno, 0 when it did.
int ask(const Message& message) {
  const net::Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket.valid() || ::send(socket.get(), &message, message.header.nlmsg_len, 0) < 0) return errno;
  alignas(nlmsghdr) char buffer[1024];
  const ssize_t count = ::recv(socket.get(), buffer, sizeof buffer, 0);
  if (count < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr)))) return count < 0 ? errno : EPROTO;
  return -reinterpret_cast<const nlmsgerr*>(NLMSG_DATA(reinterpret_cast<nlmsghdr*>(buffer)))->error;
}

}  // namespace

Result<VirtualAddress> parseVirtualAddress(const std::string& text) {
  VirtualAddress address;
  const auto slash = text.find('/');
  const std::string number = text.substr(0, slash);
  address.v6 = number.find(':') != std::string::npos;
  const std::string_view length = slash == std::string::npos ? "" : std::string_view(text).substr(slash);
  if (::inet_pton(address.v6 ? AF_INET6 : AF_INET, number.c_str(), address.bytes) != 1 ||
      length != (address.v6 ? "/128" : "/32")) {
    return Error{Code::kInvalid, "expected one address, as 10.1.0.130/32 or fd00::82/128"};
  }
  if (!isPrivate(address)) return Error{Code::kInvalid, number + " is in no private range"};
  return address;
}

Status changeAddress(const VirtualAddress& address, const std::string& interface, bool add) {
  if (::geteuid() != 0) return Error{Code::kDenied, "addresses on interfaces need hold to run as root"};
  const unsigned index = interface.size() < IF_NAMESIZE ? ::if_nametoindex(interface.c_str()) : 0;
  if (index == 0) return Error{Code::kNotFound, "there is no such interface"};
  Message message{};
  message.header.nlmsg_len = NLMSG_LENGTH(sizeof message.body);
  message.header.nlmsg_type = add ? RTM_NEWADDR : RTM_DELADDR;
  message.header.nlmsg_flags =
      static_cast<unsigned short>(NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0));
  message.body.ifa_family = address.v6 ? AF_INET6 : AF_INET;
  message.body.ifa_prefixlen = address.v6 ? 128 : 32;
  // No duplicate address detection: it would leave a v6 address unusable for a second.
  message.body.ifa_flags = address.v6 ? IFA_F_NODAD : 0;
  message.body.ifa_index = index;
  addAttribute(message, IFA_LOCAL, address);
  addAttribute(message, IFA_ADDRESS, address);
  const int failed = ask(message);
  if (failed == 0 || (add && failed == EEXIST) || (!add && failed == EADDRNOTAVAIL)) return {};
  return Error{failed == EPERM ? Code::kDenied : Code::kIo,
               std::string("the kernel refuses: ") + std::strerror(failed)};
}

}  // namespace orbit::hold
