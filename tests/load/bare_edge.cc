// The edge without what observes it, for bench/signals: the same workers, table and sockets, and signals only where a
// file for them is named, and then an access log for what nobody takes from there. Ends at SIGTERM.
//   bare_edge TABLE [SIGNALFILE [LOG]]
#include <csignal>
#include <cstdio>

#include "base/base.h"
#include "edge/edge.h"
#include "plane/files.h"
#include "plane/sockets.h"
#include "table/table.h"

int main(int count, char** words) {
  using namespace orbit;
  if (count < 2) return 2;
  ::signal(SIGPIPE, SIG_IGN);
  const auto text = plane::readFile(words[1], 1u << 20);
  if (!text.ok()) return 1;
  const table::Reading reading = table::read(*text, words[1]);
  for (const Error& problem : reading.problems) std::fprintf(stderr, "%s\n", problem.text().c_str());
  if (!reading.problems.empty()) return 1;
  net::Loop loop;
  edge::Options options;
  if (count > 2) options.signalFile = words[2];
  if (count > 3) options.logFile = words[3];
  auto edge = edge::Edge::create(loop, options);
  plane::Sockets sockets(nullptr);
  plane::Sockets::Needed needed = sockets.need(reading.table);
  if (!edge.ok() || !needed.problems.empty()) return 1;
  const auto table = std::make_shared<const model::RouteTable>(reading.table);
  if (!(*edge)->apply(table, needed.listening).ok()) return 1;
  const auto& files = reading.table.certificates.front();
  auto certificates = std::make_shared<net::TlsCertificates>();
  certificates->fallback = net::TlsCertificate::parse(plane::readFile(files.certificateFile, 1u << 20).value(),
                                                      plane::readFile(files.keyFile, 1u << 20).value(), "certificate")
                               .value();
  (*edge)->setCertificates(certificates);
  loop.onSignal(SIGTERM, [&loop](int) { loop.stop(); });
  loop.run();
  return 0;
}
