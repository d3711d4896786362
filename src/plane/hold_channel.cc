#include "plane/hold_channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/base.h"
#include "plane/limits.h"

namespace orbit::plane {
namespace {

constexpr std::size_t kDescriptorsAMessage = 253;  // the kernel's SCM_MAX_FD

Error lost(const char* what) {
  return {Code::kUnavailable, std::string("the channel to hold ") + what};
}

// The last line of what came so far, when it is whole.
std::string_view lastLine(std::string_view text) {
  if (!endsWith(text, "\n")) return {};
  text.remove_suffix(1);
  const auto before = text.rfind('\n');
  return before == std::string_view::npos ? text : text.substr(before + 1);
}

// One message: its text and descriptors are added. False at the end of the channel.
bool receive(int channel, std::string& text, std::vector<net::Descriptor>& descriptors) {
  char bytes[16 * 1024];
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int) * kDescriptorsAMessage)];
  iovec piece{bytes, sizeof bytes};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  const ssize_t count = ::recvmsg(channel, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (count <= 0) return count < 0 && (errno == EAGAIN || errno == EINTR);
  text.append(bytes, static_cast<std::size_t>(count));
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t numbers = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < numbers; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(each) + i * sizeof(int), sizeof number);
      descriptors.emplace_back(number);
    }
  }
  return true;
}

}  // namespace

Result<HoldChannel::Answer> HoldChannel::ask(const std::string& command) {
  const std::string line = command + "\n";
  if (::send(channel_.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) {
    return lost("is closed");
  }
  const SystemClock clock;
  const Instant until = clock.now() + kHoldAnswers;
  Answer answer;
  for (;;) {
    const std::string_view last = lastLine(answer.text);
    if (startsWith(last, "error ")) return Error{Code::kConflict, std::string(last.substr(6))};
    if (last == "ok") return answer;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock.now()).count();
    pollfd watched{channel_.get(), POLLIN, 0};
    if (left <= 0 || ::poll(&watched, 1, static_cast<int>(left)) == 0) return lost("is silent");
    if (!receive(channel_.get(), answer.text, answer.descriptors)) return lost("ended");
    if (answer.text.size() > kHoldAnswerBytesMax) return lost("says too much");
  }
}

Status HoldChannel::listen(const std::string& name, const std::string& address, bool freeBind) {
  ORBIT_TRY(const Answer answer, ask("listen " + name + " " + address + (freeBind ? " freebind" : "")));
  return {};
}

Status HoldChannel::release(const std::string& name) {
  ORBIT_TRY(const Answer answer, ask("release " + name));
  return {};
}

Status HoldChannel::ready() {
  ORBIT_TRY(const Answer answer, ask("ready"));
  return {};
}

Result<std::map<std::string, HoldChannel::Socket>> HoldChannel::take() {
  ORBIT_TRY(Answer answer, ask("take"));
  std::map<std::string, Socket> taken;
  std::size_t at = 0;
  for (const std::string_view line : split(answer.text, '\n')) {
    const auto space = line.find(' ');
    if (space == std::string_view::npos || at == answer.descriptors.size()) break;
    Socket socket{std::string(line.substr(space + 1)), std::move(answer.descriptors[at++])};
    taken.emplace(std::string(line.substr(0, space)), std::move(socket));
  }
  if (at != answer.descriptors.size()) return Error{Code::kProtocol, "hold handed over other sockets than it names"};
  return taken;
}

}  // namespace orbit::plane
