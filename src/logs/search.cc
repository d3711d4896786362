#include "logs/search.h"

#include <algorithm>
#include <optional>
#include <queue>

#include "base/base.h"
#include "logs/ahead.h"

namespace orbit::logs {
namespace {

constexpr std::size_t kBatchEntries = 1000;
constexpr std::size_t kBatchBytes = 1u << 20;
constexpr std::size_t kWarningsMax = 20;

// A block that may have matches, stored or open.
struct Candidate {
  std::size_t service = 0, segment = 0;
  StoredBlock block;
  const OpenBlock* open = nullptr;
  std::int64_t minUs() const { return open != nullptr ? open->minUs : block.head.minUs; }
};

struct Run {
  std::size_t service = 0;
  std::vector<Found> found;
  std::size_t next = 0;
  auto order() const { return std::tuple(found[next].orderUs, service, found[next].ordinal); }
};

class Merge final : public Search {
 public:
  Merge(std::vector<ServiceView> views, std::map<std::string, Position> positions,
        std::unique_ptr<Conditions> conditions, unsigned threads)
      : views_(std::move(views)),
        positions_(std::move(positions)),
        conditions_(std::move(conditions)),
        threads_(std::max(threads, 1U)) {}

  void list(std::int64_t untilUs);
  void keepTail(std::int64_t count);

  Result<std::vector<Entry>> next() override {
    while (!ready()) {
      if (at_ == candidates_.size()) return std::vector<Entry>();
      load();
    }
    return take();
  }
  std::vector<std::string> takeWarnings() override { return std::exchange(warnings_, {}); }
  const std::map<std::string, Position>& positions() const override { return positions_; }

 private:
  bool ready() const {
    if (runs_.empty()) return false;
    return at_ == candidates_.size() || runs_.top()->found[runs_.top()->next].orderUs < candidates_[at_].minUs();
  }
  void listSegment(std::size_t service, std::size_t segment, std::int64_t untilUs);
  Scanned scan(const Candidate& candidate, Scratch& scratch) const;
  void load();
  void add(std::size_t service, std::vector<Found> found);
  std::vector<Entry> take();
  void warn(std::string warning) {
    if (!warning.empty() && warnings_.size() < kWarningsMax) warnings_.push_back(std::move(warning));
  }
  std::vector<Found> tailOf(std::size_t service, std::int64_t count);

  struct Later {
    bool operator()(const std::shared_ptr<Run>& a, const std::shared_ptr<Run>& b) const {
      return a->order() > b->order();
    }
  };
  const std::vector<ServiceView> views_;
  const std::map<std::string, Position> positions_;
  const std::unique_ptr<Conditions> conditions_;
  const unsigned threads_;
  std::vector<Candidate> candidates_;  // by their earliest time
  std::size_t at_ = 0;                 // the first that was not read
  std::priority_queue<std::shared_ptr<Run>, std::vector<std::shared_ptr<Run>>, Later> runs_;
  std::vector<std::string> warnings_;
  std::optional<Ahead> ahead_;  // over candidates_, once they are final; ends before what it reads
};

void Merge::list(std::int64_t untilUs) {
  for (std::size_t service = 0; service < views_.size(); ++service) {
    const ServiceView& view = views_[service];
    for (std::size_t segment = 0; segment < view.segments.size(); ++segment) listSegment(service, segment, untilUs);
    if (view.open->count > 0 && (untilUs == 0 || view.open->minUs <= untilUs)) {
      candidates_.push_back({service, 0, {}, view.open.get()});
    }
  }
  std::stable_sort(candidates_.begin(), candidates_.end(),
                   [](const Candidate& a, const Candidate& b) { return a.minUs() < b.minUs(); });
}

void Merge::listSegment(std::size_t service, std::size_t segment, std::int64_t untilUs) {
  const SegmentRef& ref = views_[service].segments[segment];
  const auto file = File::openToRead(ref.path);
  if (!file.ok()) return;  // dropped meanwhile: it was the oldest
  std::uint64_t at = 0;
  while (at < ref.bytes) {
    auto block = blockAt(*file, at, ref.bytes);
    if (!block.ok()) {
      warn(block.error().message + " (" + ref.path + ", byte " + std::to_string(at) +
           "); what follows in it is not read");
      return;
    }
    at = block->end();
    const bool before = untilUs == 0 || block->head.minUs <= untilUs;
    if (before && conditions_->mayMatch(block->head)) candidates_.push_back({service, segment, *block, nullptr});
  }
}

Scanned Merge::scan(const Candidate& candidate, Scratch& scratch) const {
  const ServiceView& view = views_[candidate.service];
  if (candidate.open != nullptr) return {scanOpen(*candidate.open, view.key, *conditions_), ""};
  const std::string& path = view.segments[candidate.segment].path;
  const auto file = File::openToRead(path);
  if (!file.ok()) return {};
  auto found = scanBlock(*file, candidate.block, view.key, *conditions_, scratch);
  if (found.ok()) return {std::move(*found), ""};
  return {{}, found.error().message + " (" + path + ", byte " + std::to_string(candidate.block.at) + ")"};
}

void Merge::load() {
  if (!ahead_) {
    ahead_.emplace(candidates_.size(), threads_,
                   [this](std::size_t at, Scratch& scratch) { return scan(candidates_[at], scratch); });
  }
  Scanned scanned = ahead_->next();
  warn(std::move(scanned.warning));
  add(candidates_[at_++].service, std::move(scanned.found));
}

void Merge::add(std::size_t service, std::vector<Found> found) {
  if (!found.empty()) runs_.push(std::make_shared<Run>(Run{service, std::move(found), 0}));
}

std::vector<Entry> Merge::take() {
  std::vector<Entry> out;
  std::size_t bytes = 0;
  while (ready() && out.size() < kBatchEntries && bytes < kBatchBytes) {
    const std::shared_ptr<Run> run = runs_.top();
    runs_.pop();
    bytes += run->found[run->next].entry.text.size();
    out.push_back(std::move(run->found[run->next].entry));
    if (++run->next < run->found.size()) runs_.push(run);
  }
  return out;
}

// The last lines of each container that the newest block names, blocks read from the newest on, until each has enough.
std::vector<Found> Merge::tailOf(std::size_t service, std::int64_t count) {
  std::map<std::string, std::vector<Found>> last;  // newest first, by container
  std::vector<const Candidate*> blocks;
  for (const auto& candidate : candidates_) {
    if (candidate.service == service) blocks.push_back(&candidate);
  }
  const auto ordinal = [](const Candidate* candidate) {
    return candidate->open != nullptr ? candidate->open->firstOrdinal : candidate->block.head.firstOrdinal;
  };
  std::sort(blocks.begin(), blocks.end(), [&](const auto* a, const auto* b) { return ordinal(a) > ordinal(b); });
  Scratch scratch;
  for (const Candidate* candidate : blocks) {
    Scanned scanned = scan(*candidate, scratch);
    warn(std::move(scanned.warning));
    for (auto each = scanned.found.rbegin(); each != scanned.found.rend(); ++each) {
      auto& of = last[each->entry.source().id];
      if (of.size() < static_cast<std::size_t>(count)) of.push_back(std::move(*each));
    }
    const bool enough = !last.empty() && std::all_of(last.begin(), last.end(), [&](const auto& each) {
      return each.second.size() >= static_cast<std::size_t>(count);
    });
    if (enough) break;
  }
  std::vector<Found> out;
  for (auto& [id, found] : last) std::move(found.begin(), found.end(), std::back_inserter(out));
  std::sort(out.begin(), out.end(), [](const Found& a, const Found& b) {
    return std::tuple(a.orderUs, a.ordinal) < std::tuple(b.orderUs, b.ordinal);
  });
  return out;
}

void Merge::keepTail(std::int64_t count) {
  if (count > 0) {
    for (std::size_t service = 0; service < views_.size(); ++service) add(service, tailOf(service, count));
  }
  candidates_.clear();
}

}  // namespace

Result<std::unique_ptr<Search>> searchViews(std::vector<ServiceView> views, std::map<std::string, Position> positions,
                                            const Query& query, unsigned threads) {
  ORBIT_TRY(auto conditions, Conditions::compile(query));
  auto merge = std::make_unique<Merge>(std::move(views), std::move(positions), std::move(conditions), threads);
  merge->list(query.untilUs);
  if (query.tail >= 0) merge->keepTail(query.tail);
  return std::unique_ptr<Search>(std::move(merge));
}

}  // namespace orbit::logs
