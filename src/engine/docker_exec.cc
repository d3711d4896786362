// Docker: commands inside containers, terminals, and what listens there.
#include "engine/answers.h"
#include "engine/docker.h"
#include "engine/limits.h"
#include "engine/object_body.h"

namespace orbit::engine {
namespace {

using format::Json;
using net::Task;
using net::Wait;

std::string sizeQuery(int columns, int rows) {
  return "/resize?w=" + std::to_string(columns) + "&h=" + std::to_string(rows);
}

Json startBody(const ExecOptions& options) {
  Json body = Json::object();
  body.set("Detach", options.detach);
  body.set("Tty", options.tty);
  return body;
}

std::string readFile(const std::string& path) {
  std::string text;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
  if (!file) return text;
  text.resize(kDockerConfigBytesMax);
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  return text;
}

}  // namespace

Task<Result<std::string>> Docker::createExec(std::string id, ExecOptions options, Wait wait) {
  Call call;
  call.method = "POST";
  call.path = "/containers/" + format::percentEncode(id) + "/exec";
  call.body = execBody(options);
  call.what = "preparing a command";
  auto reply = co_await connection_.exchange(std::move(call), wait, kExecDeadline);
  if (!reply.ok()) co_return std::move(reply).error();
  co_return reply->body["Id"].asString();
}

Task<Result<ExecResult>> Docker::exec(std::string id, ExecOptions options, Wait wait) {
  const Wait limited = connection_.bounded(wait, kExecDeadline);
  options.stdin = false;
  auto execId = co_await createExec(id, options, limited);
  if (!execId.ok()) co_return std::move(execId).error();
  Call call;
  call.method = "POST";
  call.path = "/exec/" + *execId + "/start";
  call.body = startBody(options);
  call.what = "running a command in a container";
  call.repeat = Repeat::kNever;
  auto answer = co_await connection_.open(std::move(call), limited);
  if (!answer.ok()) co_return std::move(answer).error();
  ExecResult result;
  FrameReader frames(options.tty);
  for (;;) {
    auto bytes = co_await (*answer)->read(limited);
    if (!bytes.ok()) co_return std::move(bytes).error();
    if (bytes->empty()) break;
    auto pieces = frames.feed(*bytes);
    if (!pieces.ok()) co_return std::move(pieces).error();
    for (const auto& piece : *pieces) result.output += piece.bytes;
    if (result.output.size() > kExecOutputBytesMax) result.output.erase(0, result.output.size() - kExecOutputBytesMax);
  }
  auto code = co_await execExitCode(*execId, limited);
  if (!code.ok()) co_return std::move(code).error();
  result.exitCode = *code;
  co_return result;
}

Task<Result<int>> Docker::execExitCode(std::string execId, Wait wait) {
  const Wait limited = connection_.bounded(wait, kReadDeadline);
  // The stream ends a moment before the engine has noted the exit.
  for (Duration pause = kExitPollFirst;; pause = std::min<Duration>(pause * 2, kRetryMost)) {
    auto json = co_await get("/exec/" + execId + "/json", limited);
    if (!json.ok()) co_return std::move(json).error();
    if (!(*json)["Running"].asBool()) co_return static_cast<int>((*json)["ExitCode"].asInt());
    ORBIT_CO_TRY_STATUS(co_await connection_.loop().sleep(pause, limited));
  }
}

Task<Result<std::unique_ptr<net::Stream>>> Docker::hijack(Call call, Wait wait) {
  call.method = "POST";
  call.repeat = Repeat::kNever;
  call.fields.set("Connection", "Upgrade");
  call.fields.set("Upgrade", "tcp");
  auto answer = co_await connection_.open(std::move(call), connection_.bounded(wait, kReadDeadline));
  if (!answer.ok()) co_return std::move(answer).error();
  co_return (*answer)->takeStream();
}

Task<Result<Engine::Session>> Docker::startExec(std::string id, ExecOptions options, Wait wait) {
  auto execId = co_await createExec(id, options, wait);
  if (!execId.ok()) co_return std::move(execId).error();
  Call call;
  call.path = "/exec/" + *execId + "/start";
  call.body = startBody(options);
  call.what = "running a command in a container";
  Session session;
  session.execId = *execId;
  if (options.detach) {
    call.method = "POST";
    call.repeat = Repeat::kNever;
    ORBIT_CO_TRY_STATUS(co_await change(std::move(call), wait, kExecDeadline));
    co_return session;
  }
  auto stream = co_await hijack(std::move(call), wait);
  if (!stream.ok()) co_return std::move(stream).error();
  session.stream = std::move(*stream);
  co_return session;
}

Task<Status> Docker::resizeExec(std::string execId, int columns, int rows, Wait wait) {
  Call call;
  call.method = "POST";
  call.path = "/exec/" + execId + sizeQuery(columns, rows);
  call.what = "resizing a terminal";
  co_return co_await change(std::move(call), wait, kReadDeadline);
}

Task<Result<Engine::Session>> Docker::attach(std::string id, Wait wait) {
  Call call;
  call.path = "/containers/" + format::percentEncode(id) + "/attach?stream=1&stdin=1&stdout=1&stderr=1";
  call.what = "attaching to a container";
  auto stream = co_await hijack(std::move(call), wait);
  if (!stream.ok()) co_return std::move(stream).error();
  Session session;
  session.stream = std::move(*stream);
  co_return session;
}

Task<Status> Docker::resizeContainer(std::string id, int columns, int rows, Wait wait) {
  Call call;
  call.method = "POST";
  call.path = "/containers/" + format::percentEncode(id) + sizeQuery(columns, rows);
  call.what = "resizing a terminal";
  co_return co_await change(std::move(call), wait, kReadDeadline);
}

Task<Status> Docker::checkDialable(Wait wait) {
  if (!dialable_) {
    auto told = co_await info(connection_.bounded(wait, kReadDeadline));
    if (!told.ok()) co_return std::move(told).error();
    dialable_ = told->local;
  }
  if (!*dialable_) {
    co_return Error{Code::kUnsupported, "this engine's container addresses cannot be dialled from here"};
  }
  co_return Status();
}

Task<Status> Docker::probeTcp(std::string address, int port, Wait wait) {
  ORBIT_CO_TRY_STATUS(co_await checkDialable(wait));
  const Wait limited = wait.until(connection_.loop().clock().now() + kProbeDeadline);
  auto stream = co_await net::connect(connection_.loop(), net::Address::tcp(std::move(address), port), limited);
  if (!stream.ok()) co_return std::move(stream).error();
  co_return Status();
}

Task<Result<Engine::HttpAnswer>> Docker::probeHttp(std::string address, int port, std::string host, std::string path,
                                                   Wait wait) {
  ORBIT_CO_TRY_STATUS(co_await checkDialable(wait));
  const Wait limited = connection_.bounded(wait, kProbeDeadline);
  http::Client client(connection_.loop(), net::Address::tcp(std::move(address), port));
  http::Request request;
  request.head.target = std::move(path);
  request.head.fields.add("Host", std::move(host));
  request.head.fields.add("User-Agent", "Orbit-Probe");
  request.head.fields.add("Accept", "*/*");
  request.head.fields.add("Connection", "close");
  auto answer = co_await client.send(std::move(request), limited);
  if (!answer.ok()) co_return std::move(answer).error();
  HttpAnswer result;
  result.status = (*answer)->head().status;
  while (result.body.size() < kProbeBodyBytes) {
    auto piece = co_await (*answer)->read(limited);
    if (!piece.ok() || piece->empty()) break;  // a status was given; a body that hangs is not what is asked for
    result.body += *piece;
  }
  result.body.resize(std::min(result.body.size(), kProbeBodyBytes));
  co_return result;
}

Task<Result<std::vector<Engine::Listening>>> Docker::listening(std::string id, Wait wait) {
  const Wait limited = connection_.bounded(wait, kReadDeadline);
  auto detail = co_await inspectContainer(id, limited);
  if (!detail.ok()) co_return std::move(detail).error();
  if (detail->summary.state != ContainerState::kRunning) {
    co_return Error{Code::kConflict, "container " + detail->summary.name + " is not running"};
  }
  std::string text;
  if (connection_.local() && detail->pid > 0) {
    const std::string folder = "/proc/" + std::to_string(detail->pid) + "/net/";
    std::function<void()> work = [&text, &folder] {
      text = readFile(folder + "tcp") + "\n" + readFile(folder + "tcp6");
    };
    co_await connection_.loop().offload(std::move(work));
  }
  if (trim(text).empty()) {
    ExecOptions options;
    options.command = {"cat", "/proc/net/tcp", "/proc/net/tcp6"};
    auto result = co_await exec(id, options, limited);
    if (!result.ok()) co_return std::move(result).error();
    text = std::move(result->output);
  }
  co_return parseListening(text);
}

}  // namespace orbit::engine
