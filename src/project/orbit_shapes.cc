// What `x-orbit` may hold. Keys that are not done yet take anything: they are named in a warning.
#include "project/schema_shapes.h"

namespace orbit::project {
namespace {

constexpr Shape kText1{kText};
constexpr Shape kCount{kNumber};
constexpr Shape kAnything{kScalar | kList | kMap};
constexpr Shape kTexts{kMap, nullptr, &kText1};
constexpr Shape kFlag1{kFlag};
constexpr Shape kCommand{kText | kList, &kText1};
constexpr Shape kPorts{kNumber | kList, &kCount};

constexpr Key kFileKeys[] = {
    {"domains", &kTexts, "domains: {shop.example.com: web}"},
    {"branches", &kTexts, "branches: {main: production}"},
    {"objectives", &kAnything, "objectives: {}"},
    {"alerts", &kAnything, "alerts: {}"},
};

constexpr Key kHealthKeys[] = {
    {"path", &kText1, "path: /health"},    {"port", &kCount, "port: 8000"},
    {"host", &kText1, "host: shop.test"},  {"command", &kCommand, "command: [\"pg_isready\"]"},
    {"interval", &kText1, "interval: 1s"}, {"timeout", &kText1, "timeout: 5s"},
    {"rise", &kCount, "rise: 2"},          {"fall", &kCount, "fall: 3"},
    {"deadline", &kText1, "deadline: 5m"},
};
constexpr Shape kHealth{kMap, nullptr, nullptr, kHealthKeys};

constexpr Key kReleaseKeys[] = {
    {"share", &kCount, "share: 10"},          {"pace", &kText1, "pace: 60s"},       {"watch", &kText1, "watch: 10m"},
    {"warm", &kText1, "warm: 10m"},           {"shield", &kFlag1, "shield: true"},  {"judge", &kFlag1, "judge: true"},
    {"check", &kCommand, "check: pytest -q"}, {"overlap", &kText1, "overlap: 10s"}, {"drain", &kText1, "drain: 30s"},
};
constexpr Shape kRelease{kMap, nullptr, nullptr, kReleaseKeys};

constexpr Key kServiceKeys[] = {
    {"route", &kText1, "route: /api"},
    {"port", &kCount, "port: 8000"},
    {"site", &kFlag1, "site: true"},
    {"health", &kHealth, "health: {path: /health}"},
    {"replicas", &kCount, "replicas: 2"},
    {"release", &kRelease, "release: {share: 10}"},
    {"expose_tcp", &kPorts, "expose_tcp: 5432"},
    {"external", &kAnything, "external: ${DATABASE_URL}"},
    {"direct", &kFlag1, "direct: true"},
    {"vitals", &kFlag1, "vitals: true"},
};

}  // namespace

constexpr Shape kOrbitFileShape{kMap, nullptr, nullptr, kFileKeys};
constexpr Shape kOrbitServiceShape{kMap, nullptr, nullptr, kServiceKeys};

}  // namespace orbit::project
