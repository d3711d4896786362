#include "cli/alert_verbs.h"

namespace orbit::cli {
namespace {

constexpr auto kSwitch = Flag::Kind::kSwitch;
constexpr auto kText = Flag::Kind::kText;

const Flag kOneEnvironment{"environment", 'E', kText, "NAME", "Only this environment (default: all)"};
const Flag kJson{"json", 0, kSwitch, "", "As JSON"};

}  // namespace

std::vector<Verb> alertVerbs() {
  return {
      {"alerts",
       "[OPTIONS]",
       "Show what is wrong and why, who is told, and what could not be told",
       "orbit alerts                   what fires or waits\n"
       "orbit alerts --all -p shop     every rule with its state",
       {kOneEnvironment, {"all", 'a', kSwitch, "", "Also what is well"}, kJson},
       0,
       0},
      {"alerts test",
       "[OPTIONS] RECEIVER",
       "Send a test to a receiver now and say what it answered",
       "orbit alerts test ops\n"
       "orbit alerts test ops -E staging",
       {{"environment", 'E', kText, "NAME", "Whose receiver (default: production)"}, kJson},
       1,
       1},
      {"incidents",
       "[OPTIONS] [ID]",
       "List incidents, or tell how one went",
       "orbit incidents                newest first\n"
       "orbit incidents i12            its timeline, and who was told",
       {kOneEnvironment, kJson},
       0,
       1},
      {"incidents ack",
       "ID",
       "Say that you look after an incident: it is not repeated",
       "orbit incidents ack i12",
       {kJson},
       1,
       1},
      {"incidents silence",
       "[OPTIONS] [ID]",
       "Tell nobody for a while, of one incident or of all of a service or an environment",
       "orbit incidents silence i12 --for 2h\n"
       "orbit incidents silence -E production --service web --for 30m",
       {{"for", 0, kText, "SPAN", "How long (default: 1h)"},
        {"environment", 'E', kText, "NAME", "Without ID: of this environment (default: production)"},
        {"service", 0, kText, "NAME", "Without ID: only of this service"},
        kJson},
       0,
       1},
      {"incidents resolve",
       "ID",
       "End an incident by hand; what still fires stays quiet until it was well once",
       "orbit incidents resolve i12",
       {kJson},
       1,
       1},
      {"objectives",
       "[OPTIONS]",
       "Show what is promised, how it does, and what is left of the budget",
       "orbit objectives -E production",
       {kOneEnvironment, kJson},
       0,
       0},
  };
}

}  // namespace orbit::cli
