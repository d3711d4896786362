// What `x-orbit` may hold. Keys that are not done yet take anything: they are named in a warning.
#include "project/schema_shapes.h"

namespace orbit::project {
namespace {

constexpr Shape kText1{kText};
constexpr Shape kCount{kNumber};
constexpr Shape kAnything{kScalar | kList | kMap};
constexpr Shape kTexts{kMap, nullptr, &kText1};

constexpr Key kFileKeys[] = {
    {"domains", &kTexts, "domains: {shop.example.com: web}"},
    {"branches", &kAnything, "branches: {main: production}"},
    {"objectives", &kAnything, "objectives: {}"},
    {"alerts", &kAnything, "alerts: {}"},
};

constexpr Key kServiceKeys[] = {
    {"route", &kAnything, "route: /api"},        {"port", &kCount, "port: 8000"},
    {"site", &kAnything, "site: true"},          {"health", &kAnything, "health: {path: /health}"},
    {"replicas", &kAnything, "replicas: 2"},     {"release", &kAnything, "release: {share: 10}"},
    {"expose_tcp", &kAnything, "expose_tcp: 1"}, {"external", &kAnything, "external: ${DATABASE_URL}"},
    {"direct", &kAnything, "direct: true"},
};

}  // namespace

constexpr Shape kOrbitFileShape{kMap, nullptr, nullptr, kFileKeys};
constexpr Shape kOrbitServiceShape{kMap, nullptr, nullptr, kServiceKeys};

}  // namespace orbit::project
