// The API of another machine's daemon through `ssh HOST orbit api-stdio`: one ssh process a connection. The far side
// greets with one line, "orbit-api NUMBER VERSION", when its daemon runs; from then on the bytes are the API's.
// Thread rules: the thread of the Loop.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cli/remote_host.h"
#include "net/net.h"

namespace orbit::cli {

// What an ssh to `host` that runs `remote` is started with. Without a terminal it never asks.
std::vector<std::string> sshArguments(const RemoteHost& host, const std::vector<std::string>& remote, bool mayAsk);
// Somebody sits there to answer ssh's questions.
bool mayAskUser();

struct Greeting {
  int api = 0;
  std::string version;
};
std::string greetingLine();
// nullopt for any other line: what a login script prints comes first.
std::optional<Greeting> parseGreeting(std::string_view line);
// Whether this Orbit and one that greets so understand each other. Errors: kUnsupported.
Status checkGreeting(const RemoteHost& host, const Greeting& greeting);

// A connection to the far daemon. Errors: sshProblem's, kUnsupported for another API.
net::Task<Result<std::unique_ptr<net::Stream>>> dialOverSsh(net::Loop& loop, RemoteHost host, net::Wait wait);
// One command there, to its end: what it printed. Errors: sshProblem's when it failed.
net::Task<Result<std::string>> runOverSsh(net::Loop& loop, RemoteHost host, std::vector<std::string> remote,
                                          net::Wait wait);

}  // namespace orbit::cli
