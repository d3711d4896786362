#include "cli/verbs.h"

namespace orbit::cli {
namespace {

constexpr auto kSwitch = Flag::Kind::kSwitch;
constexpr auto kText = Flag::Kind::kText;

const Flag kEnvironment{"environment", 'E', kText, "NAME", "Whose (default: production)"};
const Flag kService{"service", 0, kText, "SERVICE", "Only for this service, not for all"};
const Flag kPlain{"plain", 0, kSwitch, "", "No secrets: stored readable, shown by `vars list`"};

}  // namespace

std::vector<Verb> variableVerbs() {
  return {
      {"vars set",
       "[OPTIONS] NAME[=VALUE]...",
       "Set variables of a deployed environment, as secrets",
       "orbit vars set DB_PASSWORD                     asks for the value, which is not shown\n"
       "orbit vars set TLS_KEY < key.pem               reads it from standard input\n"
       "orbit vars set LOG_LEVEL=debug --plain         no secret, so it may stand here\n"
       "orbit vars set API_TOKEN --service web -E staging\n"
       "A secret written as NAME=VALUE stands in your shell's history, and in `ps` while this command runs.",
       {kEnvironment, kService, kPlain},
       1,
       -1},
      {"vars list",
       "[OPTIONS]",
       "List the variables of an environment; secrets' values are never shown",
       "orbit vars list\n"
       "orbit vars list -E staging --json",
       {kEnvironment,
        {"service", 0, kText, "SERVICE", "Only those that this service gets"},
        {"json", 0, kSwitch, "", "One JSON object a line"}},
       0,
       0},
      {"vars unset",
       "[OPTIONS] NAME...",
       "Remove variables, with all their versions",
       "orbit vars unset OLD_TOKEN",
       {kEnvironment, kService},
       1,
       -1},
      {"vars revoke",
       "[OPTIONS] NAME...",
       "Destroy all versions but the newest, so that no rollback brings them back",
       "orbit vars set API_TOKEN       first the new value\n"
       "orbit vars revoke API_TOKEN    then the leaked ones go",
       {kEnvironment, kService},
       1,
       -1},
      {"vars import",
       "[OPTIONS] FILE",
       "Set all variables of a dotenv file, as secrets",
       "orbit vars import .env.production\n"
       "orbit vars import settings.env --plain\n"
       "pass show shop/env | orbit vars import -",
       {kEnvironment, kService, kPlain},
       1,
       1},
  };
}

}  // namespace orbit::cli
