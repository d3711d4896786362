#include "cli/deploy_verbs.h"

namespace orbit::cli {
namespace {

constexpr auto kSwitch = Flag::Kind::kSwitch;
constexpr auto kText = Flag::Kind::kText;

const Flag kEnvironment{"environment", 'E', kText, "NAME", "Which environment (default: production)"};
const Flag kJson{"json", 0, kSwitch, "", "As JSON"};
const Flag kJsonLines{"json", 0, kSwitch, "", "The events as they come, one JSON object a line, the result last"};

std::vector<Flag> deployFlags() {
  return {
      kEnvironment,
      {"plan", 0, kSwitch, "", "Only show what would change"},
      {"until", 0, kText, "STAGE", "Return when it is live, promoted (default) or settled"},
      {"detach", 'd', kSwitch, "", "Return as soon as it has begun"},
      {"follow", 0, kSwitch, "", "Follow the deploy that is under way"},
      {"cancel", 0, kSwitch, "", "Stop the deploy that is under way and not live yet"},
      {"force", 0, kSwitch, "", "Also deploy services that did not change"},
      {"allow-dev-secrets", 0, kSwitch, "", "Go live with secrets that are known from development"},
      {"commit", 0, kText, "SHA", "Name the commit; what is checked out has to be it"},
      kJsonLines,
  };
}

}  // namespace

std::vector<Verb> deployVerbs() {
  return {
      {"deploy", "[OPTIONS] [SERVICE...]", "Make a release of what is here, go live with it, and watch it",
       "orbit deploy --plan            what would change, and what production leaves out\n"
       "orbit deploy                   all that changed; returns when it is promoted\n"
       "orbit deploy -E staging web    one service, to another environment\n"
       "orbit deploy --until live -d   from a script that does not wait\n"
       "Exit status: 0 done, 3 failed before it was live, 4 taken back, 5 cancelled or superseded, 1 anything else",
       deployFlags()},
      {"rollback",
       "[OPTIONS] [SERVICE|RELEASE|SERVICE@RELEASE]",
       "Go back to what was live before",
       "orbit rollback                 undoes the last deploy, all that it changed\n"
       "orbit rollback r11             all services as they were with r11\n"
       "orbit rollback web             one service, to its release before\n"
       "orbit rollback web@r9          one service, to a release of your choice",
       {kEnvironment, kJsonLines},
       0,
       1},
      {"promote",
       "[OPTIONS]",
       "Give the release under watch nearly all requests now",
       "orbit promote                  the watch goes on",
       {kEnvironment, kJsonLines},
       0,
       0},
      {"releases",
       "[OPTIONS]",
       "List the releases, newest first",
       "orbit releases --json",
       {kEnvironment, kJson},
       0,
       0},
      {"show",
       "[OPTIONS] RELEASE",
       "Report on a release: what was shipped, what happened to users, what Orbit did and why",
       "orbit show r12",
       {kEnvironment, kJson},
       1,
       1},
      {"status",
       "[OPTIONS]",
       "Show what runs, in all projects and environments",
       "orbit status                   one screen\n"
       "orbit status -E production --json",
       {{"environment", 'E', kText, "NAME", "Only this environment"}, kJson},
       0,
       0},
      {"open",
       "[OPTIONS] [SERVICE|RELEASE]",
       "Print where a service answers, and open it in a browser",
       "orbit open                     the one service that has a URL\n"
       "orbit open web --print -E staging",
       {kEnvironment, {"print", 0, kSwitch, "", "Only print the URL"}},
       0,
       1},
  };
}

}  // namespace orbit::cli
