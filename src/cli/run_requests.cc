// requests: what visitors asked the edge, as it comes or as it was.
#include "base/base.h"
#include "cli/request.h"
#include "cli/request_line.h"
#include "cli/runners.h"

namespace orbit::cli {

using format::Json;

net::Task<int> runRequests(Session& session) {
  const CommandLine& line = session.line;
  auto body = requestsRequest(line, session.loop.clock().wallUs());
  if (!body.ok()) {
    session.show(body.error());
    co_return kWrongUsage;
  }
  const auto ready = co_await session.link.ensure(session.api, session.wait());
  if (!ready.ok()) {
    session.show(ready.error());
    co_return kFailed;
  }
  const bool json = line.json();
  std::function<void(const Event&)> receive = [&session, json](const Event& event) {
    if (const auto* request = std::get_if<RequestEvent>(&event)) {
      session.presenter.print(json ? request->body.dump() + "\n" : requestLine(*request, session.outStyle));
    } else if (const auto* dropped = std::get_if<DroppedEvent>(&event)) {
      session.presenter.say("(" + std::to_string(dropped->events) + " more came too fast to be shown)\n");
    } else {
      session.presenter.handle(event, session.now());
    }
  };
  const auto result = co_await session.api.stream("/v1/requests", std::move(*body), std::move(receive), session.wait());
  co_return session.finish(result);
}

}  // namespace orbit::cli
