// The images that services need: looked at, pulled or built. Thread rules: the thread of the operation's Loop.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "stack/operation.h"

namespace orbit::stack {

struct ImageOptions {
  bool build = false, noBuild = false;  // --build, --no-build
  std::string pull;                     // --pull; "" = by each service's pull_policy
  bool buildNoCache = false, buildPull = false;
  bool buildComposeLabels = true, buildLight = false;
  std::map<std::string, std::string> buildArgs;
  std::map<std::string, std::string> contexts;  // service → context archive
};

class Images {
 public:
  // `services` are those whose images are needed; both outlive this.
  Images(Operation& operation, const model::Plan& plan, std::vector<const model::Service*> services,
         ImageOptions options);

  // Inspects each distinct image once, side by side. False when the engine failed.
  net::Task<bool> look();
  // What must be built and has no context archive yet.
  std::vector<NeededContext> neededContexts() const;
  // Pulls and builds what is missing or asked for. False when one failed.
  net::Task<bool> fetch();
  // Pulls what can be pulled, as `pull` does.
  net::Task<bool> pullAll(bool ignoreFailures);
  // The image of a service, or nullptr when it is not there.
  const engine::ImageDetail* find(const model::Service& service) const;

 private:
  enum class Source { kPresent, kPull, kBuild, kAbsent };
  struct Need {
    const model::Service* service = nullptr;  // the one that builds it, else the first that uses it
    Source source = Source::kPresent;
  };
  Source sourceOf(const model::Service& service, bool present) const;
  std::map<std::string, Need> needs() const;
  net::Task<void> lookAt(std::string reference);
  net::Task<void> pullOne(std::string reference, const model::Service& service, bool warnOnly);
  net::Task<void> buildOne(std::string reference, const model::Service& service);
  void fail(Error error, const model::Service& service);

  Operation& operation_;
  const model::Plan& plan_;
  std::vector<const model::Service*> services_;
  ImageOptions options_;
  std::map<std::string, engine::ImageDetail> present_;  // by reference
  Gate builds_, pulls_;
  bool ok_ = true;
};

}  // namespace orbit::stack
