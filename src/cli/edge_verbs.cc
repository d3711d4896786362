#include "cli/edge_verbs.h"

namespace orbit::cli {
namespace {

constexpr auto kSwitch = Flag::Kind::kSwitch;
constexpr auto kText = Flag::Kind::kText;
constexpr auto kNumber = Flag::Kind::kNumber;

const Flag kJson{"json", 0, kSwitch, "", "The same as --format json"};
const Flag kNoColor{"no-color", 0, kSwitch, "", "No colours"};
const Flag kOneEnvironment{"environment", 'E', kText, "NAME", "Only this environment (default: all)"};

}  // namespace

std::vector<Verb> edgeVerbs() {
  return {
      {"requests",
       "[OPTIONS]",
       "Show what visitors asked the edge and what they got",
       "orbit requests -f                      as they come\n"
       "orbit requests --status 5xx --since 5m what failed in the last five minutes\n"
       "orbit requests -f --service api --slow 500ms --path /orders\n"
       "orbit requests --request 01936d2c-4c1e-7a53-9b1e-2f8a4f6f1a2b",
       {{"follow", 'f', kSwitch, "", "Go on showing new ones"},
        kOneEnvironment,
        {"service", 0, kText, "NAME", "Only those that a service answered"},
        {"route", 0, kText, "ID", "Only those of a route"},
        {"status", 0, kText, "STATUS", "Only those answered so: a number (404) or a class (5xx)"},
        {"method", 0, kText, "METHOD", "Only those of a method (POST)"},
        {"path", 0, kText, "PREFIX", "Only those whose path begins so"},
        {"slow", 0, kText, "SPAN", "Only those that took at least so long (500ms, 2s)"},
        {"request", 0, kText, "ID", "Only the one with this id (as services got it in X-Request-Id, and log it)"},
        {"since", 0, kText, "TIME", "Those after a time (2026-11-24T08:00:00Z) or within a span (5m)"},
        {"tail", 'n', kText, "N", "Only the last N of those before now (with -f: 0, else all)"},
        {"json", 0, kSwitch, "", "One JSON object a line, with all that is known"},
        kNoColor},
       0,
       0},
      {"edge",
       "--table FILE [OPTIONS]",
       "Run the edge alone, as a proxy of its own, by a table",
       "orbit edge --table edge.yaml\n"
       "orbit edge --table edge.yaml --workers 4 --state /var/lib/my-edge",
       {{"table", 0, kText, "FILE", "What to serve (docs/edge-table.md); SIGHUP reads it again"},
        {"workers", 0, kNumber, "N", "Threads that serve (default: one a processor)"},
        {"control", 0, kText, "SOCKET", "Make a control socket there (docs/edge.md)"},
        {"state", 0, kText, "FOLDER", "Keep certificates and keys there (default: a temporary folder)"}},
       0,
       0},
      {"edge check",
       "FILE",
       "Check an edge's table and the certificates it names",
       "orbit edge check edge.yaml",
       {},
       1,
       1},
      {"trust",
       "[OPTIONS]",
       "Let this machine trust the certificates of *.localhost",
       "orbit trust                    installs the local authority\n"
       "orbit trust --uninstall        takes it away",
       {{"uninstall", 0, kSwitch, "", "Take the local authority away again"}},
       0,
       0},
  };
}

std::vector<Verb> domainVerbs() {
  return {
      {"domains add",
       "[OPTIONS] HOST SERVICE",
       "Serve a domain of yours from a service",
       "orbit domains add shop.example.com web\n"
       "orbit domains add test.example.com web -E development",
       {{"environment", 'E', kText, "NAME", "Whose service (default: production)"},
        {"project", 0, kText, "NAME", "Whose, from any folder; the same as -p"},
        {"hsts", 0, kSwitch, "", "Tell browsers to come by https only, for a year"},
        kJson},
       2,
       2},
      {"domains list",
       "[OPTIONS]",
       "List the domains of this home",
       "orbit domains list",
       {kOneEnvironment, kJson},
       0,
       0},
      {"domains check",
       "[OPTIONS] [HOST]",
       "Say which records to set, what has arrived, and how the certificate does",
       "orbit domains check shop.example.com",
       {kJson},
       0,
       1},
      {"domains remove", "HOST", "Serve a domain no more", "orbit domains remove shop.example.com", {}, 1, 1},
      {"domains authority",
       "[OPTIONS]",
       "Show or choose who signs the domains' certificates, and how control is proven",
       "orbit domains authority                              shows it\n"
       "orbit domains authority --email me@example.com       Let's Encrypt, with an address for its mails\n"
       "orbit domains authority --challenge dns-01 --dns-hook /usr/local/bin/dns-record",
       {{"directory", 0, kText, "URL", "The authority's ACME directory (default: Let's Encrypt)"},
        {"email", 0, kText, "ADDRESS", "Where it may write to"},
        {"ca", 0, kText, "FILE", "Certificate to trust it by, when it is not a public one"},
        {"challenge", 0, kText, "HOW", "http-01 (default), tls-alpn-01, or dns-01, which wildcards need"},
        {"dns-server", 0, kText, "HOST:PORT", "dns-01: the name server that takes updates (RFC 2136)"},
        {"tsig-name", 0, kText, "NAME", "... signed with this key"},
        {"tsig-algorithm", 0, kText, "NAME", "... by this algorithm (default: hmac-sha256)"},
        {"tsig-secret-file", 0, kText, "FILE", "... whose secret stands in this file, in base64"},
        {"dns-hook", 0, kText, "COMMAND", "dns-01: run as COMMAND add|remove NAME VALUE"},
        {"default", 0, kSwitch, "", "Back to Let's Encrypt by http-01"},
        kJson},
       0,
       0},
  };
}

}  // namespace orbit::cli
