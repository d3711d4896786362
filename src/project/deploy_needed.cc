// Variables without a value, or with one that is known from development (decision 15 g), and how to set each.
#include <algorithm>
#include <array>

#include "format/dotenv.h"
#include "format/url.h"
#include "model/secret_mark.h"
#include "project/deploying.h"

namespace orbit::project {
namespace {

using format::Node;
using model::DeployService;
using model::NeededVariable;

std::vector<std::string> segments(std::string_view name) {
  std::vector<std::string> out;
  for (const auto part : split(name, '_')) {
    if (!part.empty()) out.push_back(lower(part));
  }
  return out;
}

bool isOneOf(std::string_view word, std::initializer_list<std::string_view> all) {
  return std::find(all.begin(), all.end(), word) != all.end();
}

// Secrets that nobody else gives out: any long random text is as good as another.
bool isChosenFreely(std::string_view name) {
  const std::string text = lower(name);
  if (isOneOf(text, {"secret", "secret_key", "secret_key_base", "app_key", "app_secret", "signing_key"})) return true;
  for (const auto* word :
       {"password", "jwt", "session", "cookie", "auth_secret", "nextauth", "encryption", "csrf", "salt"}) {
    if (text.find(word) != std::string::npos) return true;
  }
  return false;
}

// Examples that stand for a value to be chosen.
bool isPlaceholder(std::string_view value) {
  const std::string text = lower(value);
  for (const auto* word :
       {"your-", "your_", "yourkey", "changeme", "change-me", "change_me", "change-this", "replace-me", "replace_me",
        "xxxx", "<", "placeholder", "todo", "secret-key-here", "-here", "_here"}) {
    if (text.find(word) != std::string::npos) return true;
  }
  return false;
}

bool namesThisMachine(std::string_view value) {
  const auto url = format::parseUrl(value);
  if (!url) return false;
  return url->host == "localhost" || startsWith(url->host, "127.") || url->host == "::1" || url->host == "0.0.0.0";
}

// The password in a URL's user part, as written; "" where there is none or a mark of a variable stands in it.
std::string urlPassword(std::string_view value) {
  const auto url = format::parseUrl(value);
  if (!url) return {};
  const auto colon = url->userInfo.find(':');
  if (colon == std::string::npos) return {};
  std::string password = url->userInfo.substr(colon + 1);
  if (!model::secretsIn(password).empty() || password.find("${{") != std::string::npos) return {};
  return password;
}

enum class Kind { kFine, kSecret, kUrl, kLocal };

Kind judge(const std::string& name, const std::string& shown, bool browsers) {
  if (shown.empty()) return Kind::kFine;
  if (!urlPassword(shown).empty()) return Kind::kUrl;
  if (browsers && namesThisMachine(shown)) return Kind::kLocal;
  if (!isSecretName(name) || browsers) return Kind::kFine;
  // A secret made of variables that the environment sets is its own.
  if (!model::secretsIn(shown).empty() || shown.find("${{") != std::string::npos) return Kind::kFine;
  return Kind::kSecret;
}

class Needed {
 public:
  explicit Needed(Deploying& deploying) : deploying_(deploying) {}

  void run() {
    readExample(deploying_.merged.workingDir + "/.env.example", "");
    for (auto& service : deploying_.deployment.services) {
      if (service.service.build && service.service.build->context != deploying_.merged.workingDir) {
        readExample(service.service.build->context + "/.env.example", service.service.name);
      }
    }
    takeMissing();
    for (auto& service : deploying_.deployment.services) judgeService(service);
    for (const auto& entry : example_) demandExample(entry);
    finish();
  }

 private:
  struct Example {
    std::string name, value, service;  // service "": the project's
    Location at;
  };

  bool isSet(const std::string& name, const std::string& service) const {
    const auto& target = deploying_.target;
    const auto own = target.ofServices.find(service);
    return target.all.count(name) != 0 || (own != target.ofServices.end() && own->second.count(name) != 0);
  }

  void readExample(const std::string& path, const std::string& service) {
    const File* file = fileOf(deploying_.planning.snapshot, path, deploying_.planning.needs);
    if (file == nullptr || file->kind != File::Kind::kText) return;
    auto entries = format::parseDotenv(file->text, path, [](std::string_view) { return std::nullopt; });
    if (!entries.ok()) {
      deploying_.findings().warn(entries.error().at, deploying_.planning.shown(path) + ": " + entries.error().message,
                                 "it is not read as the list of variables until it is mended");
      return;
    }
    for (auto& entry : *entries) example_.push_back({entry.key, entry.value.value_or(""), service, entry.at});
  }

  const Example* exampleOf(const std::string& name) const {
    for (const auto& one : example_) {
      if (one.name == name) return &one;
    }
    return nullptr;
  }

  std::string line(const std::string& name, const std::string& value, bool plain) const {
    const std::string& environment = deploying_.deployment.environment;
    const std::string where = environment == "production" ? "" : "-E " + environment + " ";
    return "orbit vars set " + where + (plain ? "--plain " : "") + name + "=" + value;
  }

  void need(const std::string& name, const std::string& service, bool development, bool optional, std::string hint,
            const Location& at) {
    for (auto& one : deploying_.deployment.needed) {
      if (one.name != name) continue;
      if (!service.empty() && std::find(one.services.begin(), one.services.end(), service) == one.services.end()) {
        one.services.push_back(service);
      }
      one.optional = one.optional && optional;
      return;
    }
    NeededVariable one;
    one.name = name;
    if (!service.empty()) one.services.push_back(service);
    one.development = development;
    one.optional = optional;
    one.hint = std::move(hint);
    one.at = at;
    deploying_.deployment.needed.push_back(std::move(one));
  }

  std::string fresh(const std::string& name) const {
    const Example* example = exampleOf(name);
    const bool optional = example != nullptr && example->value.empty();
    if (isSecretName(name))
      return line(name, isChosenFreely(name) && !optional ? "\"$(openssl rand -hex 32)\"" : "…", false);
    if (example != nullptr && !example->value.empty() && !namesThisMachine(example->value))
      return line(name, "'" + example->value + "'", true);
    return line(name, "…", true);
  }

  // ${X} in the files that nothing sets, unless production leaves that value out.
  void takeMissing() {
    for (const auto& one : deploying_.merged.missing) {
      if (isOneOf(one.attribute, {"ports", "container_name", "restart"})) continue;
      if (deploying_.dropped.count(one.at.text()) != 0) continue;
      if (!one.service.empty() && deploying_.deployment.find(one.service) == nullptr) continue;
      const Example* example = exampleOf(one.name);
      need(one.name, one.service, false, example != nullptr && example->value.empty(), fresh(one.name), one.at);
    }
  }

  // A variable's value as its file wrote it, with marks for what the environment set in it; and where.
  struct Written {
    std::string shown;
    std::vector<std::string> open;
    Location at;
  };
  Written written(const DeployService& service, const std::string& name, const std::string& value) const {
    const Fields variables = deploying_.fieldsOf(service.service.name).in("environment");
    const Node* node = variables.node() == nullptr ? nullptr : variables.node()->find(name);
    Written out{value, {}, node == nullptr ? service.service.at : node->at};
    if (node == nullptr) {
      const auto file = service.service.attributeAt.find("env_file");
      if (file != service.service.attributeAt.end()) out.at = file->second;
      return out;
    }
    const auto origin = deploying_.merged.origins.find(node->at.text());
    if (origin == deploying_.merged.origins.end()) return out;
    out.open = origin->second.open;
    out.shown = origin->second.shown;
    if (startsWith(out.shown, name + "=")) out.shown.erase(0, name.size() + 1);
    return out;
  }

  void judgeService(const DeployService& service) {
    for (const auto& [name, value] : service.service.container.environment) {
      if (isSet(name, service.service.name) || isTold(name)) continue;
      if (!value) {
        need(name, service.service.name, false, !isSecretName(name), fresh(name), service.service.at);
        continue;
      }
      const Written found = written(service, name, *value);
      judgeValue(service, name, *value, found);
      tellMode(service, name, *value, found.at);
    }
  }

  static bool isTold(const std::string& name) {
    return startsWith(name, "ORBIT_") || startsWith(name, "RAILWAY_") || name == "PORT";
  }

  void judgeValue(const DeployService& service, const std::string& name, const std::string& value,
                  const Written& found) {
    const Kind kind = judge(name, found.shown, isForBrowsers(name) && service.service.build.has_value());
    if (kind == Kind::kFine || (kind == Kind::kLocal && !namesThisMachine(value))) return;
    // It is the variable which is to be set: ${DB_PASSWORD:-dev} in a URL, or one that is the whole value.
    for (const auto& open : found.open) {
      if (!isSecretName(open) && deploying_.planning.environment.find(open) != value) continue;
      const bool url = kind == Kind::kUrl && !isSecretName(open);
      need(open, service.service.name, true, false, url ? urlLine(open, value) : fresh(open), found.at);
      return;
    }
    std::string hint = fresh(name);
    if (kind == Kind::kUrl) hint = urlLine(name, value);
    if (kind == Kind::kLocal) hint = localLine(name, value);
    need(name, service.service.name, true, false, std::move(hint), found.at);
  }

  // postgresql://app:dev@db/app, where db has POSTGRES_PASSWORD=dev: the password is written once.
  std::string urlLine(const std::string& name, const std::string& value) const {
    const auto url = format::parseUrl(value);
    const std::string password = urlPassword(value);
    std::string out = value;
    if (const auto at = out.find(":" + password + "@"); at != std::string::npos) {
      std::string instead = "PASSWORD";
      const auto* other = deploying_.deployment.find(url->host);
      if (other != nullptr) {
        for (const auto& [key, theirs] : other->service.container.environment) {
          if (isSecretName(key) && (theirs == password || isSet(key, url->host))) {
            instead = "${{" + url->host + "." + key + "}}";
            break;
          }
        }
      }
      const bool plain = instead != "PASSWORD";
      out.replace(at + 1, password.size(), instead);
      return line(name, "'" + out + "'", plain);
    }
    return line(name, "…", false);
  }

  // http://localhost:8000, where a service published 8000: its public address.
  std::string localLine(const std::string& name, const std::string& value) const {
    const auto url = format::parseUrl(value);
    for (const auto& service : deploying_.deployment.services) {
      const auto facts = deploying_.facts.find(service.service.name);
      if (facts == deploying_.facts.end() || !service.routed) continue;
      for (const auto& port : facts->second.ports) {
        if (port.published != std::to_string(url->port)) continue;
        const std::string scheme = url->scheme == "ws" || url->scheme == "wss" ? "wss" : "https";
        const std::string path = url->path == "/" ? "" : url->path;
        return line(name, "'" + scheme + "://${{" + service.service.name + ".ORBIT_PUBLIC_DOMAIN}}" + path + "'", true);
      }
    }
    return line(name, "https://…", true);
  }

  // ENV=development is no secret, and still not what production should run as.
  void tellMode(const DeployService& service, const std::string& name, const std::string& value, const Location& at) {
    const std::string word = lower(value);
    if (!isOneOf(word, {"development", "dev", "local", "debug"}) || deploying_.deployment.environment == "development")
      return;
    if (!isOneOf(name, {"ENV", "APP_ENV", "NODE_ENV", "ENVIRONMENT", "RAILS_ENV", "RACK_ENV", "FLASK_ENV", "DJANGO_ENV",
                        "GO_ENV", "ASPNETCORE_ENVIRONMENT", "SENTRY_ENVIRONMENT"})) {
      return;
    }
    const std::string hint = line(name, deploying_.deployment.environment, true);
    deploying_.note(service.service.name, "variables", "runs with " + name + "=" + value + ", as the file says", hint,
                    at);
    need(name, service.service.name, true, true, hint, at);
  }

  bool serves(const DeployService& service) const {  // only pages, after a build
    const auto facts = deploying_.facts.find(service.service.name);
    return facts != deploying_.facts.end() && facts->second.site;
  }

  // Who an example's key is for: those that name it, else who can be meant.
  std::vector<std::string> whoNeeds(const Example& entry) const {
    std::vector<std::string> naming, built;
    for (const auto& service : deploying_.deployment.services) {
      const std::string& name = service.service.name;
      const Fields variables = deploying_.fieldsOf(name).in("environment");
      const auto facts = deploying_.facts.find(name);
      const bool names = service.service.container.environment.count(entry.name) != 0 ||
                         (variables.node() != nullptr && variables.node()->find(entry.name) != nullptr);
      const bool takes = facts != deploying_.facts.end() && declaresArgument(facts->second.dockerfile, entry.name);
      if (!entry.service.empty() && entry.service != name) continue;
      if (names || takes) naming.push_back(name);
      if (!service.service.build || service.shape == DeployService::Shape::kDatabase) continue;
      if (serves(service) == isForBrowsers(entry.name)) built.push_back(name);
    }
    return naming.empty() ? built : naming;
  }

  void demandExample(const Example& entry) {
    if (isTold(entry.name)) return;
    for (const auto& name : whoNeeds(entry)) {
      const auto* service = deploying_.deployment.find(name);
      const auto& environment = service->service.container.environment;
      const auto own = environment.find(entry.name);
      const bool has = own != environment.end() && own->second && !own->second->empty();
      if (has || isSet(entry.name, name)) continue;
      const bool browsers = isForBrowsers(entry.name);
      const Kind kind = judge(entry.name, entry.value, browsers);
      const bool wanted =
          !entry.value.empty() && (kind != Kind::kFine || isPlaceholder(entry.value) || namesThisMachine(entry.value));
      std::string hint = fresh(entry.name);
      if (kind == Kind::kLocal) hint = localLine(entry.name, entry.value);
      need(entry.name, name, wanted, !wanted, std::move(hint), entry.at);
      if (wanted) placeholders_.emplace_back(name, entry);
    }
  }

  // With development's secrets allowed nothing of development stops a deploy; what only the example has is given.
  void finish() {
    if (!deploying_.production.allowDevelopmentSecrets) return;
    for (auto& one : deploying_.deployment.needed) one.optional = one.optional || one.development;
    for (const auto& [name, entry] : placeholders_) {
      for (auto& service : deploying_.deployment.services) {
        if (service.service.name != name || namesThisMachine(entry.value)) continue;
        service.service.container.environment.emplace(entry.name, entry.value);
      }
    }
  }

  Deploying& deploying_;
  std::vector<Example> example_;
  std::vector<std::pair<std::string, Example>> placeholders_;
};

}  // namespace

bool isSecretName(std::string_view name) {
  const auto parts = segments(name);
  if (parts.empty() || isForBrowsers(name)) return false;
  const auto has = [&](std::string_view word) { return std::find(parts.begin(), parts.end(), word) != parts.end(); };
  if (has("public") || has("publishable")) return false;
  const std::string& last = parts.back();
  if (isOneOf(last, {"key", "keys", "password", "passwd", "pass", "secret", "secrets", "token", "tokens", "passphrase",
                     "apikey", "credential", "credentials", "salt", "pepper"})) {
    return true;
  }
  if (parts.size() > 1 && last == "pwd") return true;
  if (endsWith(last, "password") || endsWith(last, "secret")) return true;  // PGPASSWORD
  return endsWith(lower(name), "secret_key_base");
}

void planNeeded(Deploying& deploying) {
  Needed(deploying).run();
}

}  // namespace orbit::project
