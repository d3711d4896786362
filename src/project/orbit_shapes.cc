// What `x-orbit` may hold. Keys that are not done yet take anything: they are named in a warning.
#include "project/schema_shapes.h"

namespace orbit::project {
namespace {

constexpr Shape kText1{kText};
constexpr Shape kCount{kNumber};
constexpr Shape kAnything{kScalar | kList | kMap};
constexpr Shape kWord{kScalar};
constexpr Shape kTexts{kMap, nullptr, &kText1};
constexpr Shape kFlag1{kFlag};
constexpr Shape kCommand{kText | kList, &kText1};
constexpr Shape kPorts{kNumber | kList, &kCount};

constexpr Key kObjectiveKeys[] = {
    {"target", &kText1, "target: 500ms"},
    {"alert", &kText1, "alert: 1s"},
};
constexpr Shape kObjective{kScalar | kMap, nullptr, nullptr, kObjectiveKeys};
constexpr Key kObjectivesKeys[] = {
    {"p50", &kObjective, "p50: 100ms"},       {"p99", &kObjective, "p99: 500ms"},
    {"uptime", &kObjective, "uptime: 99.9%"}, {"errors", &kObjective, "errors: 0.1%"},
    {"lcp", &kObjective, "lcp: 1.5s"},
};
constexpr Shape kObjectives{kMap, nullptr, nullptr, kObjectivesKeys};

constexpr Key kReceiverKeys[] = {
    {"webhook", &kText1, "webhook: https://hooks.example.com/orbit"},
    {"slack", &kText1, "slack: ${SLACK_URL}"},
    {"email", &kText1, "email: ops@example.com"},
    {"ntfy", &kText1, "ntfy: https://ntfy.sh/my-topic"},
    {"command", &kCommand, "command: [/usr/local/bin/page]"},
    {"secret", &kText1, "secret: ${WEBHOOK_KEY}"},
    {"token", &kText1, "token: ${NTFY_TOKEN}"},
    {"smtp", &kText1, "smtp: smtp://orbit@mail.example.com:587"},
    {"password", &kText1, "password: ${SMTP_PASSWORD}"},
    {"from", &kText1, "from: orbit@example.com"},
    {"ca", &kText1, "ca: /etc/ssl/own.pem"},
    {"allow_private", &kFlag1, "allow_private: true"},
};
constexpr Shape kReceiver{kMap, nullptr, nullptr, kReceiverKeys};
constexpr Shape kReceivers{kMap, nullptr, &kReceiver};

constexpr Key kRouteKeys[] = {
    {"to", &kCommand, "to: [ops]"},        {"severity", &kText1, "severity: critical"},
    {"from", &kText1, "from: \"08:00\""},  {"until", &kText1, "until: \"18:00\""},
    {"zone", &kText1, "zone: \"+02:00\""}, {"repeat", &kText1, "repeat: 4h"},
};
constexpr Shape kRoute{kMap, nullptr, nullptr, kRouteKeys};
constexpr Shape kRoutes{kList, &kRoute};

constexpr Key kRuleKeys[] = {
    {"service", &kText1, "service: web"}, {"metric", &kText1, "metric: p99_ms"},
    {"above", &kCount, "above: 800"},     {"below", &kCount, "below: 1"},
    {"for", &kText1, "for: 2m"},          {"severity", &kText1, "severity: warning"},
};
constexpr Shape kRule{kMap, nullptr, nullptr, kRuleKeys};
constexpr Shape kRules{kMap, nullptr, &kRule};

constexpr Key kHeartbeatKeys[] = {
    {"url", &kText1, "url: ${HEARTBEAT_URL}"},
    {"every", &kText1, "every: 1m"},
    {"allow_private", &kFlag1, "allow_private: true"},
};
constexpr Shape kHeartbeat{kMap, nullptr, nullptr, kHeartbeatKeys};

constexpr Key kAlertsKeys[] = {
    {"receivers", &kReceivers, "receivers: {ops: {slack: ${SLACK_URL}}}"},
    {"routes", &kRoutes, "routes: [{to: ops, severity: critical}]"},
    {"rules", &kRules, "rules: {slow: {metric: p99_ms, above: 800}}"},
    {"heartbeat", &kHeartbeat, "heartbeat: {url: ${HEARTBEAT_URL}}"},
};
constexpr Shape kAlerts{kMap, nullptr, nullptr, kAlertsKeys};

constexpr Key kFileKeys[] = {
    {"domains", &kTexts, "domains: {shop.example.com: web}"},
    {"branches", &kTexts, "branches: {main: production}"},
    {"objectives", &kObjectives, "objectives: {p99: 500ms}"},
    {"alerts", &kAlerts, "alerts: {receivers: {}}"},
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
    {"objectives", &kObjectives, "objectives: {p99: 800ms}"},
    {"alerts", &kWord, "alerts: off"},
};

}  // namespace

constexpr Shape kOrbitFileShape{kMap, nullptr, nullptr, kFileKeys};
constexpr Shape kOrbitServiceShape{kMap, nullptr, nullptr, kServiceKeys};

}  // namespace orbit::project
