#include "cli/server_verbs.h"

namespace orbit::cli {
namespace {

constexpr auto kSwitch = Flag::Kind::kSwitch;
constexpr auto kText = Flag::Kind::kText;
constexpr auto kNumber = Flag::Kind::kNumber;
constexpr auto kList = Flag::Kind::kList;

const Flag kJson{"json", 0, kSwitch, "", "The same as --format json"};

}  // namespace

std::vector<Verb> serverVerbs() {
  return {
      {"link",
       "[OPTIONS] [USER@HOST]",
       "Say on which server this folder's production lives",
       "orbit link deploy@203.0.113.7          production verbs speak to it, over ssh\n"
       "orbit link deploy@203.0.113.7:2222     another port; ~/.ssh/config counts too\n"
       "orbit link                             shows it\n"
       "orbit link --remove                    production is this machine's again",
       {{"remove", 0, kSwitch, "", "End the link; what runs there goes on running"},
        {"port", 'p', kNumber, "PORT", "ssh's port there"},
        {"git", 0, kSwitch, "", "Make the git remote `orbit` too (default: yes; --git=false leaves it out)"},
        kJson},
       0,
       1},
      {"server install",
       "[OPTIONS]",
       "Make this machine a server: Orbit runs from boot on, and production with it",
       "sudo ./orbit server install --print          shows what it would do\n"
       "sudo ./orbit server install --user deploy    deploy may use it over ssh\n"
       "sudo ./orbit server install --live-restore   containers outlive a restart of Docker",
       {{"user", 0, kList, "NAME", "Let this user deploy: joins the group docker, which is root in effect"},
        {"live-restore", 0, kSwitch, "", "Set live-restore in /etc/docker/daemon.json (not with Swarm)"},
        {"yes", 'y', kSwitch, "", "Do not ask"},
        {"print", 0, kSwitch, "", "Only say what would be done"},
        {"root", 0, kText, "FOLDER", "Write files below this folder and run no command, for images and tests"}},
       0,
       0},
      {"server uninstall",
       "[OPTIONS]",
       "Take back what `orbit server install` did; containers and state stay",
       "sudo orbit server uninstall",
       {{"yes", 'y', kSwitch, "", "Do not ask"},
        {"print", 0, kSwitch, "", "Only say what would be done"},
        {"root", 0, kText, "FOLDER", "Work below this folder and run no command, for images and tests"}},
       0,
       0},
      {"doctor",
       "[OPTIONS]",
       "Check this machine, its engine and Orbit's processes, and say how to mend what is wrong",
       "orbit doctor\n"
       "ssh deploy@203.0.113.7 orbit doctor --json",
       {kJson},
       0,
       0},
      // Between machines, and from systemd and git.
      {"api-stdio", "", "", "", {}, 0, 0},
      {"git-prepare", "PROJECT", "", "", {}, 1, 1},
      {"git-hook", "", "", "", {}, 0, 0},
      {"server firewall", "[add|remove]", "", "", {}, 0, 1},
  };
}

}  // namespace orbit::cli
