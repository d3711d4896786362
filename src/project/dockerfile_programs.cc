// Which stage of a Dockerfile has a program: a guess from the names of well-known base images and the stages' lines.
#include <algorithm>
#include <array>

#include "base/base.h"
#include "project/dockerfile.h"

namespace orbit::project {
namespace {

struct Family {
  std::string_view image;      // the last part of the image's name, without registry and tag
  std::string_view programs;   // separated by spaces; those its package manager brings after a '|'
  std::string_view installer;  // a RUN line with this word brings the second part
};

constexpr std::array<Family, 32> kFamilies = {{
    {"node", "node npm npx yarn yarnpkg corepack | pnpm vite next nuxt tsc nodemon ts-node serve nest",
     "npm yarn pnpm"},
    {"bun", "bun bunx | vite next", "bun"},
    {"deno", "deno", ""},
    {"python",
     "python python3 pip pip3 | uvicorn gunicorn flask celery django-admin alembic pytest fastapi hypercorn daphne "
     "granian poetry uv jupyter streamlit mypy ruff",
     "pip pip3 poetry uv pipenv"},
    {"uv", "uv uvx python python3 | uvicorn gunicorn flask fastapi celery", "uv"},
    {"golang", "go gofmt | air dlv", "go"},
    {"rust", "cargo rustc rustup | cargo-watch", "cargo"},
    {"ruby", "ruby gem bundle bundler irb rake | rails puma sidekiq rackup", "gem bundle bundler"},
    {"php", "php pecl docker-php-ext-install | artisan", "composer"},
    {"composer", "php composer", ""},
    {"maven", "mvn java javac jar", ""},
    {"gradle", "gradle java javac jar", ""},
    {"openjdk", "java javac jar", ""},
    {"eclipse-temurin", "java javac jar", ""},
    {"amazoncorretto", "java javac jar", ""},
    {"sdk", "dotnet", ""},
    {"aspnet", "dotnet", ""},
    {"elixir", "elixir mix iex erl", ""},
    {"nginx", "nginx", ""},
    {"nginx-unprivileged", "nginx", ""},
    {"httpd", "httpd apachectl", ""},
    {"caddy", "caddy", ""},
    {"traefik", "traefik", ""},
    {"postgres", "postgres psql pg_isready pg_dump initdb", ""},
    {"redis", "redis-server redis-cli", ""},
    {"mysql", "mysqld mysql mysqladmin", ""},
    {"mariadb", "mariadbd mysqld mariadb", ""},
    {"alpine", "", ""},
    {"debian", "", ""},
    {"ubuntu", "", ""},
    {"busybox", "", ""},
    {"scratch", "", ""},
}};

// Programs every base of a distribution has: nothing is said about these.
constexpr std::string_view kEverywhere =
    " sh bash ash env echo cat sleep tail ls cp mv rm mkdir chmod chown true false test exec su sed awk grep find "
    "xargs "
    "tini dumb-init gosu su-exec wait-for-it wait ";

bool holdsWord(std::string_view list, std::string_view word) {
  for (const auto one : split(list, ' ')) {
    if (one == word) return true;
  }
  return false;
}

// "docker.io/library/node:20-alpine@sha256:…" → "node".
std::string_view familyName(std::string_view image) {
  image = image.substr(0, image.find('@'));
  if (const auto slash = image.rfind('/'); slash != std::string_view::npos) image.remove_prefix(slash + 1);
  return image.substr(0, image.find(':'));
}

const Family* familyOf(std::string_view image) {
  const auto name = familyName(image);
  const auto found =
      std::find_if(kFamilies.begin(), kFamilies.end(), [&](const Family& one) { return one.image == name; });
  return found == kFamilies.end() ? nullptr : &*found;
}

// The stage and those it is built upon, by `FROM earlier`.
std::vector<const Stage*> chainOf(const Dockerfile& file, const Stage& stage) {
  std::vector<const Stage*> chain{&stage};
  for (const Stage* at = &stage;;) {
    const Stage* base = nullptr;
    for (const auto& earlier : file.stages) {
      if (&earlier >= at) break;
      if (!earlier.name.empty() && earlier.name == lower(at->image)) base = &earlier;
    }
    if (base == nullptr) return chain;
    chain.push_back(base);
    at = base;
  }
}

bool mentions(const std::string& line, std::string_view word) {
  for (auto at = line.find(word); at != std::string::npos; at = line.find(word, at + 1)) {
    const auto partOfWord = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    const bool before = at > 0 && partOfWord(line[at - 1]);
    const auto after = at + word.size();
    if (!before && (after >= line.size() || !partOfWord(line[after]))) return true;
  }
  return false;
}

enum class Has { kYes, kNo, kUnknown };

Has familyHas(const Dockerfile& file, const Stage& stage, std::string_view program) {
  const auto chain = chainOf(file, stage);
  const Family* family = familyOf(chain.back()->image);
  if (family == nullptr) return Has::kUnknown;
  const auto bar = family->programs.find('|');
  if (holdsWord(family->programs.substr(0, bar), program)) return Has::kYes;
  if (bar == std::string_view::npos || !holdsWord(family->programs.substr(bar), program)) return Has::kNo;
  for (const Stage* one : chain) {
    for (const auto& run : one->runs) {
      for (const auto installer : split(family->installer, ' ')) {
        if (mentions(run, installer)) return Has::kYes;
      }
    }
  }
  return Has::kUnknown;
}

// What lines of the stage may have brought in beside its base.
bool mayHaveBrought(const Dockerfile& file, const Stage& stage, std::string_view program) {
  for (const Stage* one : chainOf(file, stage)) {
    for (const auto& run : one->runs) {
      for (const auto word :
           {std::string_view("apt"), std::string_view("apt-get"), std::string_view("apk"), std::string_view("dnf"),
            std::string_view("yum"), std::string_view("curl"), std::string_view("wget"), program}) {
        if (mentions(run, word)) return true;
      }
    }
    for (const auto& copy : one->copies) {
      for (const auto folder :
           {"/usr/local", "/usr/bin", "/usr/lib", "/bin", "/opt", "/usr/sbin", "/root", "/home", "/venv"}) {
        if (startsWith(copy.target, folder)) return true;
      }
      if (copy.target == "/" || copy.target.find("venv") != std::string::npos) return true;
    }
  }
  return false;
}

bool nameable(std::string_view program) {
  return !program.empty() && program.find('/') == std::string_view::npos &&
         kEverywhere.find(" " + std::string(program) + " ") == std::string_view::npos;
}

std::string described(const Dockerfile& file, const Stage& stage, bool built) {
  const auto number = static_cast<std::size_t>(&stage - file.stages.data());
  std::string what;
  if (!stage.name.empty()) {
    what = "stage `" + stage.name + "`";
  } else if (built && number + 1 == file.stages.size()) {
    what = file.stages.size() == 1 ? "the only stage" : "the last stage";
  } else {
    what = "stage " + std::to_string(number);
  }
  return what + " (line " + std::to_string(stage.line) + ", FROM " + stage.image + ")";
}

}  // namespace

std::optional<ProgramAdvice> adviseOnProgram(std::string_view text, std::string_view target, std::string_view program) {
  const Dockerfile file = parseDockerfile(text);
  const Stage* built = findStage(file, target);
  if (built == nullptr || !nameable(program)) return std::nullopt;
  const Stage* other = nullptr;
  for (const auto& stage : file.stages) {
    if (&stage != built && familyHas(file, stage, program) == Has::kYes) other = &stage;
  }
  if (other == nullptr) return std::nullopt;
  ProgramAdvice advice;
  advice.message = described(file, *built, true) + " has no " + std::string(program) + "; " +
                   described(file, *other, false) + " does";
  advice.hint = other->name.empty() ? "name it (`FROM " + other->image + " AS dev`) and set `build.target: dev`"
                                    : "set `build.target: " + other->name + "`";
  return advice;
}

bool surelyLacksProgram(std::string_view text, std::string_view target, std::string_view program) {
  const Dockerfile file = parseDockerfile(text);
  const Stage* built = findStage(file, target);
  return built != nullptr && nameable(program) && familyHas(file, *built, program) == Has::kNo &&
         !mayHaveBrought(file, *built, program);
}

}  // namespace orbit::project
