// Deliveries over libcurl's multi interface, on one thread (decision 29).
#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

#include "notify/answer.h"
#include "notify/limits.h"
#include "notify/notify.h"
#include "notify/private_address.h"

namespace orbit::notify {
namespace {

constexpr int kPollMs = 1000;

// One attempt. Lives at one address until it ends: curl holds pointers into it.
struct Attempt {
  model::Receiver::Kind kind{};
  Request request;
  std::function<void(Answer)> done;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  curl_slist* recipients = nullptr;
  std::string answer, retryAfter;
  std::size_t sent = 0;
  bool refusedAddress = false;
  std::array<char, CURL_ERROR_SIZE> problem{};

  Attempt() = default;
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt() {
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    curl_slist_free_all(recipients);
    request.password.assign(request.password.size(), '\0');
  }
};

// The address that is about to be connected to, whatever the name resolved to before.
curl_socket_t openSocket(void* context, curlsocktype, curl_sockaddr* address) {
  auto& attempt = *static_cast<Attempt*>(context);
  if (!attempt.request.allowPrivate && isPrivate(address->addr)) {
    attempt.refusedAddress = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t takeAnswer(char* bytes, std::size_t, std::size_t count, void* context) {
  auto& attempt = *static_cast<Attempt*>(context);
  const std::size_t room = kAnswerBytesMax - std::min(kAnswerBytesMax, attempt.answer.size());
  attempt.answer.append(bytes, std::min(count, room));
  return count;
}

std::size_t takeHeader(char* bytes, std::size_t, std::size_t count, void* context) {
  constexpr std::string_view kName = "retry-after:";
  const std::string_view line(bytes, count);
  if (line.size() > kName.size() && lower(line.substr(0, kName.size())) == kName) {
    static_cast<Attempt*>(context)->retryAfter = std::string(trim(line.substr(kName.size())));
  }
  return count;
}

std::size_t giveBody(char* to, std::size_t size, std::size_t count, void* context) {
  auto& attempt = *static_cast<Attempt*>(context);
  const std::string& body = attempt.request.body;
  const std::size_t part = std::min(size * count, body.size() - attempt.sent);
  std::memcpy(to, body.data() + attempt.sent, part);
  attempt.sent += part;
  return part;
}

void setUp(Attempt& attempt) {
  CURL* easy = attempt.easy;
  const Request& request = attempt.request;
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &attempt);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, attempt.problem.data());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(kDeliveryTime).count()));
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, openSocket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &attempt);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, takeAnswer);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &attempt);
  if (!request.ca.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, request.ca.c_str());
  if (attempt.kind == model::Receiver::Kind::kEmail) {
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    // A password goes over TLS only.
    const long tls = request.user.empty() ? CURLUSESSL_TRY : CURLUSESSL_ALL;
    curl_easy_setopt(easy, CURLOPT_USE_SSL, tls);
    if (!request.user.empty()) {
      curl_easy_setopt(easy, CURLOPT_USERNAME, request.user.c_str());
      curl_easy_setopt(easy, CURLOPT_PASSWORD, request.password.c_str());
    }
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, request.from.c_str());
    for (const auto& to : request.to) attempt.recipients = curl_slist_append(attempt.recipients, to.c_str());
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, attempt.recipients);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, giveBody);
    curl_easy_setopt(easy, CURLOPT_READDATA, &attempt);
    return;
  }
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, takeHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &attempt);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "orbit");
  for (const auto& header : request.headers) attempt.headers = curl_slist_append(attempt.headers, header.c_str());
  attempt.headers = curl_slist_append(attempt.headers, "Expect:");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, attempt.headers);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
}

Answer answerOf(Attempt& attempt, CURLcode result) {
  long status = 0;
  curl_easy_getinfo(attempt.easy, CURLINFO_RESPONSE_CODE, &status);
  if (attempt.refusedAddress && result != CURLE_OK) {
    return {
        Answer::Outcome::kRefused, {}, "its address is of this machine or a private network; allow_private allows it"};
  }
  const char* said = attempt.problem[0] != '\0' ? attempt.problem.data() : curl_easy_strerror(result);
  const std::string problem = result == CURLE_OK ? std::string() : std::string(said);
  if (attempt.kind == model::Receiver::Kind::kEmail) {
    constexpr long kProblems = 400;
    return mailAnswer(result == CURLE_OK || status >= kProblems ? static_cast<int>(status) : 0, problem);
  }
  if (result == CURLE_OK) return httpAnswer(static_cast<int>(status), attempt.retryAfter, attempt.answer);
  Answer answer{Answer::Outcome::kTryAgain, {}, problem};
  const bool never = result == CURLE_URL_MALFORMAT || result == CURLE_UNSUPPORTED_PROTOCOL;
  if (never) answer.outcome = Answer::Outcome::kRefused;
  return answer;
}

class CurlCourier final : public Courier {
 public:
  CurlCourier() : multi_(curl_multi_init()), thread_([this] { run(); }) { ORBIT_CHECK(multi_ != nullptr); }

  ~CurlCourier() override {
    ending_ = true;
    curl_multi_wakeup(multi_);
    thread_.join();
    curl_multi_cleanup(multi_);
  }

  void send(model::Receiver::Kind kind, Request request, std::function<void(Answer)> done) override {
    auto attempt = std::make_unique<Attempt>();
    attempt->kind = kind;
    attempt->request = std::move(request);
    attempt->done = std::move(done);
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(attempt));
    }
    curl_multi_wakeup(multi_);
  }

 private:
  void run() {
    while (!ending_) {
      begin();
      int running = 0;
      curl_multi_perform(multi_, &running);
      finish();
      curl_multi_poll(multi_, nullptr, 0, kPollMs, nullptr);
    }
    for (const auto& [easy, attempt] : running_) curl_multi_remove_handle(multi_, easy);
    running_.clear();
  }

  void begin() {
    std::deque<std::unique_ptr<Attempt>> fresh;
    {
      const std::lock_guard lock(mutex_);
      fresh.swap(queue_);
    }
    for (auto& attempt : fresh) {
      attempt->easy = curl_easy_init();
      ORBIT_CHECK(attempt->easy != nullptr);
      setUp(*attempt);
      curl_multi_add_handle(multi_, attempt->easy);
      CURL* easy = attempt->easy;
      running_[easy] = std::move(attempt);
    }
  }

  void finish() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode result = message->data.result;
      auto held = running_.extract(message->easy_handle);
      Attempt& attempt = *held.mapped();
      Answer answer = answerOf(attempt, result);
      curl_multi_remove_handle(multi_, attempt.easy);
      attempt.done(std::move(answer));
    }
  }

  CURLM* multi_;
  std::atomic<bool> ending_ = false;
  std::mutex mutex_;
  std::deque<std::unique_ptr<Attempt>> queue_;
  std::map<CURL*, std::unique_ptr<Attempt>> running_;  // the thread's own
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Courier> Courier::create() {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  ORBIT_CHECK(ready == CURLE_OK);
  return std::make_unique<CurlCourier>();
}

}  // namespace orbit::notify
